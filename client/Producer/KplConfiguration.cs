using Microsoft.Extensions.Configuration;

namespace Orleans.Kpl;

/// <summary>Reads the settings of section <c>Kpl</c> from .NET's configuration: files, environment (<c>Kpl__…</c>), command line.</summary>
public static class KplConfiguration
{
    /// <summary>Reads and checks the options of an embedded producer; all errors are reported, not only the first.</summary>
    /// <param name="kplSection">Section <c>Kpl</c>; it may be missing or empty.</param>
    /// <param name="knownSections">Sections below it that belong to someone else, such as <c>Http</c>; they are skipped.</param>
    public static KplOptionsReport Read(IConfiguration kplSection, params IEnumerable<string> knownSections) =>
        KplSettings.Read(Flatten(kplSection), knownSections);

    /// <summary>The same for any process.</summary>
    /// <param name="kplSection">Section <c>Kpl</c>.</param>
    /// <param name="place">Where the backlog of the process lies.</param>
    /// <param name="knownSections">Sections that are skipped.</param>
    public static KplOptionsReport Read(IConfiguration kplSection, BacklogPlace place, params IEnumerable<string> knownSections) =>
        KplSettings.Read(Flatten(kplSection), place, knownSections);

    /// <summary>The settings below a section, with keys relative to it, as <see cref="KplSettings"/> reads them.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Flatten(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Below(section, "");
    }

    private static IEnumerable<KeyValuePair<string, string?>> Below(IConfiguration section, string prefix)
    {
        foreach (var child in section.GetChildren())
        {
            var path = prefix + child.Key;
            var isLeaf = true;
            foreach (var below in Below(child, path + ConfigurationPath.KeyDelimiter))
            {
                isLeaf = false;
                yield return below;
            }

            // A section has no value, unless someone wrote one where only settings below it belong.
            if (isLeaf || child.Value is not null)
                yield return new(path, child.Value);
        }
    }
}

using Microsoft.Extensions.Configuration;

namespace Orleans.Kpl;

/// <summary>Reads the settings of section <c>Kpl</c> from .NET's configuration: files, environment (<c>Kpl__…</c>), command line.</summary>
public static class KplConfiguration
{
    /// <summary>
    /// Reads and checks the options of an embedded producer, for <c>KplProducer.Create</c>. The producer logs settings that work, but probably not as intended.
    /// </summary>
    /// <param name="kplSection">Section <c>Kpl</c>; it may be missing or empty. Sections of other packages, such as <c>Kpl:Http</c>, are ignored.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static KplOptions Read(IConfiguration kplSection)
    {
        var read = ReadInto(new KplOptions(), kplSection);
        // The producer repeats the check, and finds its warnings again.
        read.Options.ReadingWarnings = read.Warnings;
        string[] errors = [.. read.Errors, .. KplOptionsValidator.Validate(read.Options).Errors, .. FindUnknownOfCluster(kplSection)];
        return (read with { Errors = errors }).GetOptionsOrThrow();
    }

    /// <summary>Reads and checks the options of a process; all errors are reported, not only the first.</summary>
    internal static OptionsReport<KplOptions> ReadReport(IConfiguration kplSection, BacklogHost host = BacklogHost.Embedded)
    {
        var report = KplSettings.Read(Flatten(kplSection), host, KplSettings.OtherSections);

        // A process that belongs to a cluster reads the cluster's sections itself.
        return host == BacklogHost.Embedded ? report with { Errors = [.. report.Errors, .. FindUnknownOfCluster(kplSection)] } : report;
    }

    /// <summary>Finds misspelt names in the sections of a cluster, which an embedded producer shares with a silo's file and does not read.</summary>
    internal static IEnumerable<string> FindUnknownOfCluster(IConfiguration kplSection) => KplClusterSettings.FindUnknown(Flatten(kplSection));

    /// <summary>Reads a section over existing options; they are not checked beyond each value's own range.</summary>
    internal static OptionsReport<KplOptions> ReadInto(KplOptions options, IConfiguration kplSection) =>
        KplSettings.ReadInto(options, Flatten(kplSection), KplSettings.OtherSections);

    /// <summary>Reads and checks the settings for reaching a cluster: sections <c>Cluster</c> and <c>DynamoDb</c>.</summary>
    /// <param name="kplSection">Section <c>Kpl</c>.</param>
    /// <param name="configure">Changes the options before they are checked.</param>
    internal static OptionsReport<KplClusterOptions> ReadCluster(IConfiguration kplSection, Action<KplClusterOptions>? configure = null) =>
        KplClusterSettings.Read(Flatten(kplSection), configure);

    /// <summary>Returns the settings below a section, with keys relative to it, as <see cref="KplSettings"/> reads them.</summary>
    internal static IEnumerable<KeyValuePair<string, string?>> Flatten(IConfiguration section)
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

            // A section has no value, unless one was set where only settings below it belong.
            if (isLeaf || child.Value is not null)
                yield return new(path, child.Value);
        }
    }
}

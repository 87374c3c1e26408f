using System.IO.Compression;
using System.Xml.Linq;

namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>What a package says of itself, and the files that it has.</summary>
internal sealed class Package
{
    private readonly XElement _metadata;

    private Package(XElement metadata, IReadOnlyList<string> files) => (_metadata, Files) = (metadata, files);

    public IReadOnlyList<string> Files { get; }

    /// <summary>What it depends on, with the versions.</summary>
    public IReadOnlyDictionary<string, string> Dependencies => _metadata.Descendants().Where(static e => e.Name.LocalName == "dependency")
        .ToDictionary(static e => e.Attribute("id")!.Value, static e => e.Attribute("version")!.Value);

    /// <summary>The assemblies that a program gets from it.</summary>
    public IEnumerable<string> Assemblies => Files.Where(static f => f.StartsWith("lib/net10.0/", StringComparison.Ordinal) && f.EndsWith(".dll", StringComparison.Ordinal))
        .Select(static f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);

    public static Package Read(string file)
    {
        using var zip = ZipFile.OpenRead(file);
        using var stream = zip.Entries.Single(static e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single(static e => e.Name.LocalName == "metadata");
        return new Package(metadata, [.. zip.Entries.Select(static e => e.FullName)]);
    }

    /// <summary>An element of what it says of itself; null where there is none.</summary>
    public string? Text(string name) => _metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;
}

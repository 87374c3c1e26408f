using System.Xml.Linq;

namespace Orleans.Kpl.House.Tests;

/// <summary>What is packed is documented, and its public surface is reviewed.</summary>
public sealed class PackageTests
{
    private static readonly Dictionary<SourceProject, XDocument> Packages = SourceProject.All.Values
        .Select(p => (Project: p, Xml: XDocument.Parse(Tree.Read(p.File))))
        .Where(p => p.Xml.Descendants("IsPackable").Any(e => e.Value == "true"))
        .ToDictionary(p => p.Project, p => p.Xml);

    [Fact]
    public void Packages_ShipTheirDocumentation()
    {
        Assert.NotEmpty(Packages);
        Strays.None(Packages.Where(p => p.Value.Descendants("GenerateDocumentationFile").All(e => e.Value != "true")).Select(p => p.Key.File));
        Strays.None(Packages.Where(p => !p.Value.Descendants("PackageId").Any() || !p.Value.Descendants("Description").Any()).Select(p => p.Key.File));
    }

    /// <summary>The listing is compared with the assembly by the package's own tests.</summary>
    [Fact]
    public void Packages_HaveAReviewedPublicSurface()
    {
        Strays.None(Packages.Keys.Where(p => !Tree.Files.Contains($"{p.Folder}/PublicAPI.txt")).Select(p => p.File));
        var tests = string.Concat(Tree.Sources.Where(f => f.EndsWith("ApiTests.cs", StringComparison.Ordinal)).Select(Tree.Read));
        Strays.None(Packages.Keys.Where(p => !tests.Contains($"\"{p.Folder}\"", StringComparison.Ordinal)).Select(p => $"{p.File}: no test compares its PublicAPI.txt"));
    }
}

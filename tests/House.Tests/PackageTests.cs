using System.Xml.Linq;

namespace Orleans.Kpl.House.Tests;

/// <summary>What is packed is documented, and its public surface is reviewed.</summary>
public sealed class PackageTests
{
    private static readonly Dictionary<SourceProject, XDocument> Packages = SourceProject.All.Values
        .Select(p => (Project: p, Xml: XDocument.Parse(Tree.Read(p.File))))
        .Where(p => p.Xml.Descendants("IsPackable").Any(e => e.Value == "true"))
        .ToDictionary(p => p.Project, p => p.Xml);

    /// <summary>The projects whose assemblies lie in the package of another one.</summary>
    private static readonly Dictionary<string, string> Inside = XDocument.Parse(Tree.Read("Directory.Build.targets")).Descendants("PackedInside")
        .SelectMany(e => e.Attribute("Include")!.Value.Split(';').Select(n => (Name: n, Package: e.Attribute("Package")!.Value)))
        .ToDictionary(p => p.Name, p => p.Package);

    [Fact]
    public void Packages_AreTheListed() => Assert.Equal(
        [
            "Orleans.Kpl", "Orleans.Kpl.Abstractions", "Orleans.Kpl.Cli", "Orleans.Kpl.Client", "Orleans.Kpl.Clustering", "Orleans.Kpl.Contracts",
            "Orleans.Kpl.Deaggregation", "Orleans.Kpl.Glue", "Orleans.Kpl.Grains", "Orleans.Kpl.Http",
            "Orleans.Kpl.Kinesis", "Orleans.Kpl.Local", "Orleans.Kpl.Metrics", "Orleans.Kpl.Testing",
        ],
        Packages.Values.Select(Id).Order(StringComparer.Ordinal));

    [Fact]
    public void Packages_ShipTheirDocumentation()
    {
        Strays.None(Shipped().Where(p => !Tree.Read(p.File).Contains("<GenerateDocumentationFile>true</GenerateDocumentationFile>", StringComparison.Ordinal))
            .Select(p => p.File));
        Strays.None(Packages.Where(p => !p.Value.Descendants("Description").Any() || !Tree.Files.Contains($"{p.Key.Folder}/PACKAGE.md"))
            .Select(p => p.Key.File));
    }

    /// <summary>The listing is compared with the assembly by the tests of the project that it lies beside.</summary>
    [Fact]
    public void Packages_HaveAReviewedPublicSurface()
    {
        Strays.None(Shipped().Where(p => !Tree.Files.Contains($"{p.Folder}/PublicAPI.txt")).Select(p => p.File));
        Strays.None(Shipped().Where(static p => !SourceProject.All.ContainsKey(p.Name + ".Tests")).Select(p => $"{p.File}: no test compares its PublicAPI.txt"));
    }

    /// <summary>Whoever references a project that lies inside a package depends on that package, so it references its project too.</summary>
    [Fact]
    public void PackagesThatUseWhatLiesInside_DependOnTheOneThatHasIt()
    {
        var ids = Packages.ToDictionary(p => p.Key, p => Id(p.Value));
        var projects = ids.ToDictionary(p => p.Value, p => p.Key.Name);
        Strays.None(from package in ids
                    where !package.Key.Name.EndsWith(".Cli", StringComparison.Ordinal) && !package.Key.Name.EndsWith(".Local", StringComparison.Ordinal)
                    from reference in package.Key.Projects
                    where Inside.TryGetValue(reference, out var holder) && holder != package.Value && !package.Key.Projects.Contains(projects[holder])
                    select $"{package.Key.File} references {reference}, and not {projects[Inside[reference]]}");
        Strays.None(Inside.Keys.Except(SourceProject.All.Keys));
        // Everything that a package is built of is in one.
        Strays.None(Packages.Keys.SelectMany(static p => p.Closure()).Select(static p => p.Name).Distinct().Except(Inside.Keys)
            .Except(Packages.Keys.Select(static p => p.Name)));
    }

    private static string Id(XDocument project) => project.Descendants("PackageId").Single().Value;

    private static IEnumerable<SourceProject> Shipped() => Packages.Keys.Concat(Inside.Keys.Select(static n => SourceProject.All[n]));
}

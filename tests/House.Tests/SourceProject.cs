using System.Xml.Linq;

namespace Orleans.Kpl.House.Tests;

/// <summary>One project file: its name, where it is, and what it says it needs.</summary>
internal sealed record SourceProject(string File, string Name, string AssemblyName, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages,
    IReadOnlyList<string> Frameworks)
{
    public static IReadOnlyDictionary<string, SourceProject> All { get; } =
        Tree.Files.Where(f => Path.GetExtension(f) is ".csproj" or ".fsproj").Select(Load).ToDictionary(p => p.Name);

    public string Folder => Path.GetDirectoryName(File)!.Replace('\\', '/');

    public bool IsSample => File.StartsWith("samples/", StringComparison.Ordinal);

    public bool IsTest => Name.EndsWith(".Tests", StringComparison.Ordinal);

    /// <summary>This project and all it references, directly or not.</summary>
    public IReadOnlyCollection<SourceProject> Closure()
    {
        var found = new Dictionary<string, SourceProject>();
        Add(this);
        return found.Values;

        void Add(SourceProject project)
        {
            if (!found.TryAdd(project.Name, project))
                return;
            foreach (var name in project.Projects)
                Add(All[name]);
        }
    }

    private static SourceProject Load(string file)
    {
        var xml = XDocument.Parse(Tree.Read(file));
        var name = Path.GetFileNameWithoutExtension(file);
        var assembly = xml.Descendants("AssemblyName").FirstOrDefault()?.Value ?? name;
        var code = xml.Descendants("ProjectReference").Where(r => (string?)r.Attribute("ReferenceOutputAssembly") != "false");
        return new SourceProject(file, name, assembly,
            [.. code.Select(r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')))],
            [.. Includes("PackageReference")],
            [.. Includes("FrameworkReference")]);

        IEnumerable<string> Includes(string element) => xml.Descendants(element).Select(r => (string)r.Attribute("Include")!);
    }
}

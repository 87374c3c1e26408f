namespace Orleans.Kpl.House.Tests;

/// <summary>The project's files as they stand on disk, without what a build or a package manager put there.</summary>
internal static class Tree
{
    private static readonly HashSet<string> NotOurs = [".git", ".vs", ".idea", ".vscode", "artifacts", "node_modules", "bin", "obj"];

    private static readonly string[] Text =
    [
        ".cs", ".csproj", ".props", ".targets", ".md", ".mjs", ".js", ".json", ".yaml", ".yml", ".txt", ".sln", ".slnf", ".sh", ".http", ".proto", ".diff", "",
    ];

    /// <summary>Where Orleans.Kpl.sln is, with a slash at the end.</summary>
    public static string Root { get; } = Checkout.Root;

    /// <summary>Every file, relative to the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Walk(new DirectoryInfo(Root)).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Sources => Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> TextFiles => Files.Where(f => Text.Contains(Path.GetExtension(f)));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static IEnumerable<string> Walk(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles())
            yield return Path.GetRelativePath(Root, file.FullName).Replace('\\', '/');
        foreach (var child in folder.EnumerateDirectories().Where(d => !NotOurs.Contains(d.Name)))
        {
            foreach (var file in Walk(child))
                yield return file;
        }
    }
}

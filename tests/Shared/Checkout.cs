namespace Orleans.Kpl.Testing;

/// <summary>The project's files that this test was built from.</summary>
internal static class Checkout
{
    /// <summary>Where Orleans.Kpl.sln is, with a separator at the end.</summary>
    public static string Root { get; } = Find();

    /// <summary>release or debug, as this test was built.</summary>
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;

    /// <summary>
    /// What a build made of a project. A program is run from there: the copy beside a test lacks what ASP.NET Core's framework
    /// gives the test and not the program.
    /// </summary>
    public static string Built(string project, string file) => Path.Combine(Root, "artifacts", "bin", project, Configuration, file);

    /// <summary>Where a build put a program: by its project's name, unless it has another one.</summary>
    public static string Program(string project, string? name = null) => Built(project, (name ?? project) + (OperatingSystem.IsWindows() ? ".exe" : ""));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.Kpl.sln")))
                return folder.FullName + Path.DirectorySeparatorChar;
        }

        throw new InvalidOperationException($"no Orleans.Kpl.sln above {AppContext.BaseDirectory}");
    }
}

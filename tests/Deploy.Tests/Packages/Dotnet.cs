namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>Runs programs of the SDK, and others, to their end.</summary>
internal static class Dotnet
{
    private static readonly Dictionary<string, string> Own = new()
    {
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["DOTNET_NOLOGO"] = "1", ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        // A build that goes on after its command would keep the folder from being deleted.
        ["MSBUILDDISABLENODEREUSE"] = "1",
    };

    /// <summary>Release or Debug, as this test was built.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Name == "release" ? "Release" : "Debug";

    /// <summary>The version of everything that is built here.</summary>
    public static string Version { get; } =
        System.Xml.Linq.XDocument.Load(Path.Combine(Checkout.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    /// <summary>Links to the machine's packages, in which what others made is already. Ours of a former build would be taken for the new ones.</summary>
    public static string MachinePackages => Links.Value;

    private static readonly Lazy<string> Links = new(static () => LinkPackagesOfOthers(Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages")));

    private static string LinkPackagesOfOthers(string packages)
    {
        var links = Directory.CreateTempSubdirectory("kpl-packages-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(links, recursive: true);
        foreach (var package in Directory.Exists(packages) ? Directory.GetDirectories(packages) : [])
        {
            if (!Path.GetFileName(package).StartsWith("orleans.kpl", StringComparison.OrdinalIgnoreCase))
                Directory.CreateSymbolicLink(Path.Combine(links, Path.GetFileName(package)), package);
        }

        return links;
    }

    /// <summary>Runs <c>dotnet</c>, which must end well.</summary>
    public static Task<string> RunAsync(string folder, params string[] arguments) => RunAsync(folder, [], arguments);

    /// <summary>Runs <c>dotnet</c> with more variables in its environment; it must end well.</summary>
    public static async Task<string> RunAsync(string folder, Dictionary<string, string> environment, params string[] arguments)
    {
        var (code, text) = await TryAsync("dotnet", folder, environment, arguments);
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)}: {text}");
        return text;
    }

    /// <summary>Runs a program; gives its exit code and all that it wrote.</summary>
    public static Task<(int Code, string Text)> TryAsync(string program, string folder, params string[] arguments) =>
        TryAsync(program, folder, [], arguments);

    /// <summary>Runs a program with more variables in its environment; gives its exit code and all that it wrote.</summary>
    public static async Task<(int Code, string Text)> TryAsync(
        string program, string folder, Dictionary<string, string> environment, params string[] arguments)
    {
        var (code, output, error) = await ProgramRun.OfAsync(
            program, arguments, folder: folder, environment: new Dictionary<string, string>([.. Own, .. environment]));
        return (code, output + error);
    }
}

using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>What a test needs from the machine. A test that cannot have it is skipped with the reason.</summary>
internal static class Needs
{
    private const string Node = "node";

    /// <summary>Where tests/stand-ins is.</summary>
    public static string StandIns { get; } = Path.Combine(Checkout.Root, "tests", "stand-ins");

    public static string Program(string project, string name) => Checkout.Built(project, OperatingSystem.IsWindows() ? name + ".exe" : name);

    public static void NodePackages()
    {
        Assert.SkipUnless(Find(Node) is not null, "node is not installed");
        Assert.SkipUnless(Directory.Exists(Path.Combine(StandIns, "node_modules")), "the packages of tests/stand-ins are not installed: tests/run does it, or npm ci in that folder");
    }

    public static async Task Boto3Async()
    {
        Assert.SkipUnless(Find("python3") is not null, "python3 is not installed");
        Assert.SkipUnless((await Command.RunAsync("python3", ["-c", "import boto3"])).ExitCode == 0, "boto3 is not installed");
    }

    public static void Java() => Assert.SkipUnless(Find("java") is not null, "java is not installed");

    public static void AwsCli() => Assert.SkipUnless(Find("aws") is not null, "the AWS CLI is not installed");

    /// <summary>What the AWS CLI takes from its environment: keys that nobody checks, and no pager.</summary>
    public static IReadOnlyDictionary<string, string> AwsEnvironment { get; } = new Dictionary<string, string>
    {
        ["AWS_ACCESS_KEY_ID"] = "stand-in", ["AWS_SECRET_ACCESS_KEY"] = "stand-in", ["AWS_DEFAULT_REGION"] = "us-east-1", ["AWS_PAGER"] = "",
    };

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => (string[])[Path.Combine(folder, program), Path.Combine(folder, program + ".exe"), Path.Combine(folder, program + ".cmd")])
            .FirstOrDefault(File.Exists);
}

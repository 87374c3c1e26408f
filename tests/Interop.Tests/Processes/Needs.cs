namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>What a test needs from the machine. A test that cannot have it is skipped with the reason.</summary>
internal static class Needs
{
    private const string Node = "node";
    private const string GoPath = "/usr/share/gocode";

    /// <summary>Where tests/stand-ins is.</summary>
    public static string StandIns { get; } = Path.Combine(Checkout.Root, "tests", "stand-ins");

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

    /// <summary>boto3 that takes its endpoint from the environment.</summary>
    public static async Task Boto3OfEnvironmentAsync()
    {
        await Boto3Async();
        var isNew = await Command.RunAsync("python3", ["-c", "import boto3; exit(tuple(map(int, boto3.__version__.split('.')[:2])) < (1, 28))"]);
        Assert.SkipUnless(isNew.ExitCode == 0, "boto3 is older than 1.28, which is the first to take its endpoint from the environment");
    }

    /// <summary>The package of AWS's SDK for Go, where the system's packages of Go have it.</summary>
    public static void Go(string package)
    {
        Assert.SkipUnless(Find("go") is not null, "go is not installed");
        Assert.SkipUnless(Directory.Exists(Path.Combine(GoPath, "src", package)), $"{package} is not installed: Debian has it in golang-github-aws-aws-sdk-go(-v2)-dev");
    }

    /// <summary>syslog-ng with its HTTP destination.</summary>
    public static async Task SyslogNgAsync()
    {
        Assert.SkipUnless(Find("syslog-ng") is not null, "syslog-ng is not installed: Debian has it in syslog-ng-core and syslog-ng-mod-http");
        var modules = await Command.RunAsync("syslog-ng", ["--module-registry"]);
        Assert.SkipUnless((modules.Output + modules.Error).Contains("Module: http", StringComparison.Ordinal), "syslog-ng is installed without syslog-ng-mod-http");
    }

    /// <summary>Fluent Bit with its output for Kinesis.</summary>
    public static async Task FluentBitAsync()
    {
        Assert.SkipUnless(Find("fluent-bit") is not null, "fluent-bit is not installed: its project has packages");
        var outputs = await Command.RunAsync("fluent-bit", ["--help"]);
        Assert.SkipUnless((outputs.Output + outputs.Error).Contains("kinesis_streams", StringComparison.Ordinal), "fluent-bit is installed without kinesis_streams");
    }

    /// <summary>What go needs to build from the system's packages, without modules.</summary>
    public static IReadOnlyDictionary<string, string> GoEnvironment { get; } = new Dictionary<string, string>
    {
        ["GO111MODULE"] = "off", ["GOPATH"] = GoPath, ["GOFLAGS"] = "", ["CGO_ENABLED"] = "0",
        ["GOCACHE"] = Path.Combine(Path.GetTempPath(), "kpl-go-cache"),
    };

    /// <summary>AWS's SDK for Ruby.</summary>
    public static async Task RubyAsync()
    {
        Assert.SkipUnless(Find("ruby") is not null, "ruby is not installed");
        var there = await Command.RunAsync("ruby", ["-e", "require 'aws-sdk'; AWS::Kinesis"]);
        Assert.SkipUnless(there.ExitCode == 0, "AWS's SDK for Ruby, version 1, is not installed: Debian has it in ruby-aws-sdk");
    }

    /// <summary>A browser for Playwright: that of the system's packages.</summary>
    public static string Chromium()
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(StandIns, "node_modules", "playwright-core")), "playwright-core is not installed: npm ci in tests/stand-ins");
        var program = Find("chromium");
        Assert.SkipUnless(program is not null, "chromium is not installed: Debian has it in chromium");
        return program!;
    }

    public static void AwsCli() => Assert.SkipUnless(Find("aws") is not null, "the AWS CLI is not installed");

    /// <summary>A second AWS CLI: that of the system's packages, beside the one on the path.</summary>
    public const string SystemAwsCli = "/usr/bin/aws";

    /// <summary>The version of an AWS CLI; a machine without it skips the test.</summary>
    public static async Task<Version> AwsCliAsync(string program)
    {
        Assert.SkipUnless(Find(program) is not null || File.Exists(program), $"there is no {program}");
        // aws-cli/2.9.19 Python/3.11.2 ...
        var outcome = await Command.RunAsync(program, ["--version"]);
        return Version.Parse((outcome.Output + outcome.Error).Split('/', ' ')[1]);
    }

    /// <summary>The environment that makes AWS's clients put through a tier, and nothing else of them.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOf(string tier) =>
        new Dictionary<string, string>(AwsEnvironment) { ["AWS_REGION"] = "us-east-1", ["AWS_ENDPOINT_URL_KINESIS"] = tier };

    /// <summary>What the AWS CLI takes from its environment: keys that nobody checks, and no pager.</summary>
    public static IReadOnlyDictionary<string, string> AwsEnvironment { get; } = new Dictionary<string, string>
    {
        ["AWS_ACCESS_KEY_ID"] = "stand-in", ["AWS_SECRET_ACCESS_KEY"] = "stand-in", ["AWS_DEFAULT_REGION"] = "us-east-1", ["AWS_PAGER"] = "",
    };

    /// <summary>Where a program of the path is; null where it is not installed.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => (string[])[Path.Combine(folder, program), Path.Combine(folder, program + ".exe"), Path.Combine(folder, program + ".cmd")])
            .FirstOrDefault(File.Exists);
}

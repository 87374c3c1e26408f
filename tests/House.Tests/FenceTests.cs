using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace Orleans.Kpl.House.Tests;

public sealed class FenceTests
{
    private const string Abstractions = "Orleans.Kpl.Abstractions";
    private const string Contracts = "Orleans.Kpl.Contracts";
    private const string Deaggregation = "Orleans.Kpl.Deaggregation";
    private const string Aggregation = "Orleans.Kpl.Aggregation";
    private const string Pipeline = "Orleans.Kpl.Pipeline";
    private const string Scaling = "Orleans.Kpl.Scaling";
    private const string Adapters = "Orleans.Kpl.Adapters";
    private const string Aws = "Orleans.Kpl.Aws";
    private const string DynamoDb = "Orleans.Kpl.DynamoDb";
    private const string Clustering = "Orleans.Kpl.Clustering";
    private const string Producer = "Orleans.Kpl.Producer";
    private const string Testing = "Orleans.Kpl.Testing";
    private const string Run = "Orleans.Kpl.Run";
    private const string Cli = "Orleans.Kpl.Cli";
    private const string Http = "Orleans.Kpl.Http";
    private const string KinesisFront = "Orleans.Kpl.Kinesis";
    private const string Silos = "Orleans.Kpl.Silos";
    private const string Grains = "Orleans.Kpl.Grains";
    private const string Host = "Orleans.Kpl.Host";
    private const string Client = "Orleans.Kpl.Client";
    private const string Lanes = "Orleans.Kpl.Lanes";
    private const string ClusterBench = "Orleans.Kpl.ClusterBench";
    private const string LocalKinesis = "Orleans.Kpl.LocalKinesis";
    private const string Local = "Orleans.Kpl.Local";
    private const string Benchmarks = "Orleans.Kpl.Benchmarks";
    private const string Simulation = "Orleans.Kpl.Simulation";
    private const string Threads = "Orleans.Kpl.Threads";
    private const string Metrics = "Orleans.Kpl.Metrics";
    private const string Samples = "Orleans.Kpl.Samples.";
    private const string Otlp = "Orleans.Kpl.Otlp";
    private const string Glue = "Orleans.Kpl.Glue";
    private const string LogAbstractions = "Microsoft.Extensions.Logging.Abstractions";

    /// <summary>Which project may reference which. A project that is not here has no place in the tree yet.</summary>
    internal static readonly Dictionary<string, string[]> Allowed = new()
    {
        [Abstractions] = [],
        [Contracts] = [Abstractions],
        [Deaggregation] = [],
        [Aggregation] = [Abstractions, Deaggregation],
        [Pipeline] = [Abstractions, Deaggregation, Aggregation],
        [Scaling] = [Abstractions, Aggregation, Pipeline],
        [Adapters] = [Pipeline, Scaling],
        [Aws] = [Pipeline, Abstractions],
        [DynamoDb] = [Pipeline, Aws],
        [Producer] = [Abstractions, Deaggregation, Pipeline, Scaling, Adapters, Aws],
        [Testing] = [Abstractions, Pipeline, Producer, LocalKinesis],
        [Metrics] = [Abstractions, Aws, Pipeline, Producer],
        [Glue] = [Abstractions, Aws, Pipeline, Producer],
        [Run] = [Abstractions],
        [Cli] = [Glue, Producer, Run],
        [Http] = [Abstractions],
        [Silos] = [Abstractions, Deaggregation, Aggregation, Pipeline, Scaling, Adapters],
        [Clustering] = [Abstractions, Producer, Adapters, Aws, DynamoDb, Pipeline],
        [Grains] = [Contracts, Clustering, Producer, Pipeline, Scaling, Adapters, Aws, DynamoDb, Silos],
        [KinesisFront] = [Abstractions, Aws, Http, Producer],
        [Host] = [Producer, Aws, Http, KinesisFront, Grains, Otlp],
        [Lanes] = [Abstractions, Deaggregation, Pipeline],
        [Client] = [Clustering, Contracts, Lanes, Producer],
        [ClusterBench] = [Client, Cli],
        [LocalKinesis] = [],
        [Local] = [Producer, Http, KinesisFront, LocalKinesis, Otlp],
        [Otlp] = [Http, Metrics, Pipeline],
        [Benchmarks] = [Producer, DynamoDb, LocalKinesis, Metrics],
        [Simulation] = [Pipeline, Scaling, Adapters, Silos, Lanes],
        [Threads] = [Pipeline],
        [Samples + "Bridge"] = [Grains],
        [Samples + "Console"] = [Producer],
        [Samples + "Consumer"] = [Deaggregation],
        [Samples + "FSharp"] = [Producer],
        [Samples + "Grain"] = [Grains],
        [Samples + "Lambda"] = [Producer],
        [Samples + "MinimalApi"] = [Producer, Http],
        [Samples + "Worker"] = [Producer],
    };

    public static TheoryData<string> BclOnly => [Abstractions, Deaggregation, Aggregation, Pipeline, Scaling];

    [Theory]
    [MemberData(nameof(BclOnly))]
    public void PureAssemblies_ReferenceNothingButTheBclAndOneAnother(string project)
    {
        using var file = new PEReader(File.OpenRead(Checkout.Built(project, project + ".dll")));
        var metadata = file.GetMetadataReader();
        var bcl = FrameworkAssemblies();
        var referenced = metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name)).ToList();

        Assert.Contains("System.Runtime", referenced);
        Strays.None(referenced.Where(r => !bcl.Contains(r) && !Allowed[project].Contains(r)));
    }

    [Theory]
    [MemberData(nameof(BclOnly))]
    public void PureProjects_NeedNoPackageAtRunTime(string project)
    {
        Strays.None(SourceProject.All[project].Packages.Where(p => !p.EndsWith("Analyzers", StringComparison.Ordinal)));
        Strays.None(SourceProject.All[project].Frameworks);
    }

    /// <summary>What silos and their clients do has log lines, and nothing else that is neither of .NET nor ours.</summary>
    [Theory]
    [InlineData(Silos)]
    [InlineData(Lanes)]
    public void SilosAndTheirClients_NeedOnlyLogAbstractions(string project)
    {
        using var file = new PEReader(File.OpenRead(Checkout.Built(project, project + ".dll")));
        var metadata = file.GetMetadataReader();
        var bcl = FrameworkAssemblies();
        Strays.None(metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))
            .Where(r => !bcl.Contains(r) && !Allowed[project].Contains(r) && r != LogAbstractions));
        Strays.None(SourceProject.All[project].Packages.Where(p => p != LogAbstractions && !p.EndsWith("Analyzers", StringComparison.Ordinal)));
        Strays.None(SourceProject.All[project].Frameworks);
    }

    [Fact]
    public void Projects_ReferenceOnlyWhatTheyMay()
    {
        var strays = from project in SourceProject.All.Values
                     where !project.IsTest
                     from reference in project.Projects
                     where !Allowed.TryGetValue(project.Name, out var may) || !may.Contains(reference)
                     select $"{project.Name} -> {reference}";
        Strays.None(strays);
        Strays.None(SourceProject.All.Values.Where(p => !p.IsTest && !Allowed.ContainsKey(p.Name)).Select(p => $"{p.Name} has no place"));
    }

    [Fact]
    public void OnlyAwsAndDynamoDb_ReferenceTheAwsSdk()
    {
        var uses = from project in SourceProject.All.Values
                   where !project.IsTest
                   from package in project.Packages
                   where package.StartsWith("AWSSDK.", StringComparison.Ordinal)
                   select (project.Name, package);
        Assert.Equal([(Aws, "AWSSDK.Core"), (Aws, "AWSSDK.SecurityToken"), (DynamoDb, "AWSSDK.DynamoDBv2")], uses.Order());
    }

    /// <summary>No library brings OpenTelemetry along: a tier's process has it, and a program of others has its own.</summary>
    [Fact]
    public void OnlyTheProcessesOfATier_HaveOpenTelemetry()
    {
        var uses = from project in SourceProject.All.Values
                   where !project.IsTest
                   from package in project.Packages
                   where package.StartsWith("OpenTelemetry", StringComparison.Ordinal)
                   select (project.Name, package);
        Assert.Equal([(Otlp, "OpenTelemetry.Exporter.OpenTelemetryProtocol")], uses);
        Assert.Equal([Host, Local], SourceProject.All.Values.Where(static p => !p.IsTest && p.Projects.Contains(Otlp)).Select(static p => p.Name).Order());
    }

    /// <summary>Rows and backlogs in DynamoDB are the silos'. Nobody else carries its client, nor has to agree with its version.</summary>
    [Fact]
    public void EmbeddedPackage_NeedsNoDynamoDb()
    {
        var strays = from project in EmbeddedProjects()
                     where project.Name is not (Benchmarks or DynamoDb or DynamoDb + ".Tests")
                     from part in project.Closure()
                     where part.Name == DynamoDb || part.Packages.Any(static n => n.Contains("DynamoDB", StringComparison.OrdinalIgnoreCase))
                     select $"{project.Name} -> {part.Name}";
        Strays.None(strays);
        // What a package brings along stands in no project file, but among what was built.
        var built = File.ReadAllText(Checkout.Built(Cli, "kpl.deps.json"));
        Assert.Contains("AWSSDK.Core", built, StringComparison.Ordinal);
        Assert.DoesNotContain("DynamoDB", built, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void EmbeddedHalf_NeedsNoOrleans()
    {
        var projects = EmbeddedProjects().ToList();
        Assert.Contains(projects, p => p.Name == Cli);
        Assert.Contains(projects, p => p.Name == Benchmarks);
        Assert.Contains(projects, p => p.Name == Local);
        Assert.Contains(projects, p => p.Name == Simulation);
        var strays = from project in projects
                     from part in project.Closure()
                     from package in part.Packages
                     where package.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal)
                     select $"{project.Name} -> {part.Name} -> {package}";
        Strays.None(strays);
    }

    [Fact]
    public void Solution_HoldsEveryProject()
    {
        var solution = Tree.Read("Orleans.Kpl.sln").Replace('\\', '/');
        Strays.None(SourceProject.All.Values.Where(p => !solution.Contains($"\"{p.File}\"", StringComparison.Ordinal)).Select(p => p.File));
    }

    [Fact]
    public void SolutionFilter_HoldsEveryProjectThatNeedsNoOrleans()
    {
        var needNoOrleans = SourceProject.All.Values.Where(
            p => !p.Closure().Any(c => c.Packages.Any(n => n.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal))));
        Assert.Equal(needNoOrleans.Select(p => p.File).Order(), EmbeddedProjects().Select(p => p.File).Order());
    }

    [Fact]
    public void Projects_AreCalledAsTheirAssembliesAre()
    {
        Strays.None(SourceProject.All.Keys.Where(n => !n.StartsWith("Orleans.Kpl.", StringComparison.Ordinal)));
        var others = SourceProject.All.Values.Where(p => p.AssemblyName != p.Name).ToDictionary(p => p.Name, p => p.AssemblyName);
        Assert.Equal(new Dictionary<string, string> { [Cli] = "kpl", [ClusterBench] = "kpl-cluster-bench" }, others);
    }

    [Fact]
    public void TestProjects_MirrorTheirProjects()
    {
        string[] withoutProject =
            ["Orleans.Kpl.House.Tests", "Orleans.Kpl.Interop.Tests", "Orleans.Kpl.Cluster.Tests", "Orleans.Kpl.Deploy.Tests", "Orleans.Kpl.Samples.Tests"];
        Strays.None(SourceProject.All.Values.Where(p => p.IsTest).Select(p => p.Name).Except(withoutProject)
            .Where(n => !SourceProject.All.ContainsKey(n[..^".Tests".Length])));
        Strays.None(SourceProject.All.Values.Where(static p => !p.IsTest && !p.IsSample && p.Name != Benchmarks).Select(static p => p.Name)
            .Where(n => !SourceProject.All.ContainsKey(n + ".Tests")));
    }

    /// <summary>The command stands on the producer and nothing else of ours, so its needs are the producer's.</summary>
    [Fact]
    public void Producer_NeedsOnlyThePlainRuntime()
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Checkout.Built(Cli, "kpl.runtimeconfig.json")));
        var options = config.RootElement.GetProperty("runtimeOptions");
        Assert.Equal("Microsoft.NETCore.App", options.GetProperty("framework").GetProperty("name").GetString());
        Assert.False(options.TryGetProperty("frameworks", out _));
        Strays.None(SourceProject.All[Producer].Closure().SelectMany(p => p.Frameworks));
    }

    private static IEnumerable<SourceProject> EmbeddedProjects()
    {
        using var filter = JsonDocument.Parse(Tree.Read("Orleans.Kpl.Embedded.slnf"));
        return [.. filter.RootElement.GetProperty("solution").GetProperty("projects").EnumerateArray()
            .Select(p => SourceProject.All[Path.GetFileNameWithoutExtension(p.GetString()!.Replace('\\', '/'))])];
    }

    private static HashSet<string> FrameworkAssemblies() =>
        [.. Directory.EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*.dll").Select(f => Path.GetFileNameWithoutExtension(f))];
}

using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace Orleans.Kpl.House.Tests;

public sealed class FenceTests
{
    private const string Ours = "Orleans.Kpl.";
    private const string Abstractions = Ours + "Abstractions";
    private const string Deaggregation = Ours + "Deaggregation";
    private const string Aggregation = Ours + "Aggregation";
    private const string Pipeline = Ours + "Pipeline";
    private const string Scaling = Ours + "Scaling";
    private const string Aws = Ours + "Aws";
    private const string DynamoDb = Ours + "DynamoDb";
    private const string Producer = Ours + "Producer";
    private const string Cli = Ours + "Cli";
    private const string Silos = Ours + "Silos";
    private const string Host = Ours + "Host";
    private const string Lanes = Ours + "Lanes";
    private const string ClusterBench = Ours + "ClusterBench";
    private const string Local = Ours + "Local";
    private const string Benchmarks = Ours + "Benchmarks";
    private const string Simulation = Ours + "Simulation";
    private const string Otlp = Ours + "Otlp";
    private const string LogAbstractions = "Microsoft.Extensions.Logging.Abstractions";

    /// <summary>Which project may reference which: DESIGN.md's file map says it. A project that is not there has no place in the tree yet.</summary>
    private static readonly Dictionary<string, string[]> Allowed = DesignTests.FileMap.ToDictionary(
        static row => Ours + row.Project, static row => row.MayReference == "–" ? [] : row.MayReference.Split(", ").Select(static p => Ours + p).ToArray());

    /// <summary>Those that need nothing but .NET and one another.</summary>
    private static readonly string[] Pure = [Abstractions, Deaggregation, Aggregation, Pipeline, Scaling];

    /// <summary>What silos and their clients do has log lines, and nothing else that is neither of .NET nor ours.</summary>
    public static TheoryData<string, string[]> PureButFor =>
        [.. Pure.Select(static p => (p, Array.Empty<string>())), (Silos, [LogAbstractions]), (Lanes, [LogAbstractions])];

    [Theory]
    [MemberData(nameof(PureButFor))]
    public void PureAssemblies_ReferenceNothingButTheBclAndOneAnother(string project, string[] butFor)
    {
        using var file = new PEReader(File.OpenRead(Checkout.Built(project, project + ".dll")));
        var metadata = file.GetMetadataReader();
        var bcl = FrameworkAssemblies();
        var referenced = metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name)).ToList();

        Assert.Contains("System.Runtime", referenced);
        Strays.None(referenced.Where(r => !bcl.Contains(r) && !Allowed[project].Contains(r)).Except(butFor));
        Strays.None(SourceProject.All[project].Packages.Where(p => !p.EndsWith("Analyzers", StringComparison.Ordinal)).Except(butFor));
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

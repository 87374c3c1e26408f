using System.Text.Json;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Cli.Tests.Bench;

/// <remarks>Tests <see cref="Cli.Bench.BenchVerb"/>.</remarks>
public sealed class BenchTests
{
    private static readonly string[] Members =
        ["via", "records", "failed", "seconds", "cpu_seconds", "records_per_second", "mib_per_second", "kinesis_records", "p50_ms", "p99_ms", "own_cpu_ratio"];

    [Fact]
    public async Task Bench_Embedded_ObservesEveryOutcome()
    {
        await using var endpoint = await Endpoint.StartAsync(4);

        var run = await CliRun.RunAsync(["bench", "--endpoint", endpoint.Url, "--records", "3000", "--size", "100", "--json"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var line = JsonDocument.Parse(Assert.Single(run.Lines)).RootElement;
        Assert.Equal(Members, line.EnumerateObject().Select(static member => member.Name));
        Assert.Equal(("embedded", 3000, 0),
            (line.GetProperty("via").GetString(), line.GetProperty("records").GetInt32(), line.GetProperty("failed").GetInt32()));
        Assert.Equal(endpoint.Kinesis.GetApplied(Endpoint.Stream).Count(), line.GetProperty("kinesis_records").GetInt32());
        var applied = endpoint.Applied().ToList();
        Assert.Equal(3000, applied.Select(static record => record.Key).Distinct().Count());
        Assert.All(applied, static record => Assert.Equal(36, record.Key.Length));
        Assert.All(endpoint.Kinesis.GetApplied(Endpoint.Stream), static record => Assert.True(record.Data.Length > 100));
        Assert.InRange(line.GetProperty("p50_ms").GetDouble(), 0.1, line.GetProperty("p99_ms").GetDouble());
        Assert.Equal(
            line.GetProperty("records_per_second").GetDouble() * 100 / (1 << 20), line.GetProperty("mib_per_second").GetDouble(), 0.01);
    }

    [Fact]
    public async Task Bench_AtARate_TakesItsTime_AndTellsTheTail()
    {
        await using var endpoint = await Endpoint.StartAsync(4);

        var run = await CliRun.RunAsync(["bench", "--endpoint", endpoint.Url, "--records", "300", "--size", "100", "--rate", "1000", "--json"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var line = run.LastJson;
        Assert.Equal([.. Members, "p999_ms", "longest_pause_ms"], line.EnumerateObject().Select(static member => member.Name));
        Assert.Equal(300, endpoint.Applied().Count());
        // The last of 300 is due after 299 ms.
        Assert.True(line.GetProperty("seconds").GetDouble() >= 0.299);
        Assert.True(line.GetProperty("p999_ms").GetDouble() >= line.GetProperty("p99_ms").GetDouble());
    }

    /// <summary>A policy had split the shards meanwhile, and the verdict was that of those at the beginning.</summary>
    [Fact]
    public async Task Bench_WhereTheShardsChangeMeanwhile_NamesNoLimit()
    {
        await using var endpoint = await Endpoint.StartAsync(1);

        // No record is delivered before the split, so that the bench cannot end before it.
        endpoint.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords" });
        var running = CliRun.RunAsync(["bench", "--endpoint", endpoint.Url, "--records", "2500", "--size", "100", "--rate", "1000"]);
        await Waiting.UntilAsync(() => endpoint.Kinesis.Faults.Active[0].Hits > 0);
        endpoint.Kinesis.Split(Endpoint.Stream, "shardId-000000000000", UInt128.One << 127);
        endpoint.Kinesis.Faults.Clear();

        Assert.Contains(
            "kpl: the stream was resharded meanwhile, from 1 to 2 shards: run it again to see what limits it", (await running).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_AtNoRate_IsRefused() =>
        (await CliRun.RunAsync(["bench", "--records", "1", "--size", "1", "--rate", "0"])).AssertError(2, "--rate: 0 is not from 1 to 100000000");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public async Task Bench_OverHttp_SendsJsonTextsOfThatSize_FiveHundredAtOnce(int size)
    {
        await using var tier = await FakeTier.StartAsync();

        var run = await CliRun.RunAsync(["bench", "--tier", tier.Url, "--records", "1100", "--size", $"{size}", "--stream", "s", "--json"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("http", 1), (run.LastJson.GetProperty("via").GetString(), run.LastJson.GetProperty("kinesis_records").GetInt32()));
        Assert.Equal([100, 500, 500], tier.Requests.Select(static request => request.Body.Count(static c => c == '\n')).Order());
        Assert.All(tier.Lines, line => Assert.Equal(size, JsonDocument.Parse(line).RootElement.GetProperty("payload").GetRawText().Length));
    }

    [Fact]
    public async Task Bench_WhenRecordsFail_SaysSo()
    {
        await using var tier = await FakeTier.StartAsync(static (request, context) => FakeTier.RespondAsync(
            context, 200, string.Concat(request.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static _ => """{"status":"failed","error_code":"Expired"}""" + "\n"))));
        await using var admin = await FakeTier.StartAsync();
        var run = await CliRun.RunAsync(
            Stream.Null, ["bench", "--via", "http", "--tier", tier.Url, "--records", "7", "--size", "9"], new() { ["KPL_ADMIN"] = admin.Url });
        Assert.Equal((1, 7), (run.ExitCode, run.LastJson.GetProperty("failed").GetInt32()));
        Assert.Contains("7 Expired", run.Error, StringComparison.Ordinal);
        // Where administration has an address of its own, no other one tells of shards.
        Assert.Equal("/admin/streams/events/shards", Assert.Single(admin.Requests).Path);
    }

    [Fact]
    public async Task Bench_ForPeople_SaysWhatLimitsIt()
    {
        await using var endpoint = await Endpoint.StartAsync(4);
        var run = await CliRun.RunAsync(["bench", "--endpoint", endpoint.Url, "--records", "300", "--size", "100"]);
        Assert.Equal(0, run.ExitCode);
        // It is too short, unless the machine stood still meanwhile: BenchBoundTests has what is said when.
        Assert.Matches("kpl: (too short to tell what limits it|(not )?limited by )", run.Error);
    }

    [Fact]
    public async Task Bench_WhenTheStreamDoesNotExist_SaysSo()
    {
        await using var endpoint = await Endpoint.StartAsync();
        var run = await CliRun.RunAsync(["bench", "--endpoint", endpoint.Url, "--records", "7", "--size", "9", "--stream", "nope"]);
        run.AssertRefused(3, "'nope' does not exist");
    }

    [Fact]
    public async Task Bench_ViaCluster_NamesWhatIsMissing() =>
        (await CliRun.RunAsync(["bench", "--via", "cluster", "--records", "7", "--size", "9"])).AssertOneLine(3, "kpl-cluster-bench");

    /// <summary>It ended with a stack trace.</summary>
    [PosixFact]
    public async Task Bench_ViaAProgramThatCannotBeStarted_SaysWhy()
    {
        using var programs = new TemporaryFolder();
        var program = programs.Write("kpl-cluster-bench", "no program");
        var run = await CliRun.RunAsync(Stream.Null, ["bench", "--via", "cluster", "--records", "7", "--size", "9"], programs: programs.Path);
        Assert.Equal((3, $"kpl: {program} could not be started: Permission denied"), (run.ExitCode, run.Error.TrimEnd()));
    }
}

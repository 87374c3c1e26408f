using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// 100-byte records a second through the tier, from one client on a processor of its own, every outcome observed; the silos and an
/// endpoint that answers at once share the other processor. The ceiling is what the same calls reach when the silo produces nothing.
/// Part <c>here</c>: one silo. Part <c>elsewhere</c>: two silos, and the client's silo forwards every record to the other.
/// </summary>
internal static class ClusterBench
{
    private const int Runs = 3;

    // On one processor the silo's code is compiled beside its work: it takes so many until its speed stays the same.
    private const int WarmUps = 2;
    private const int Records = 20_000_000;

    // Each round is a new client, whose code is compiled in its first seconds: not by way of instrumented code, which took more than a round to be replaced
    // on a processor that is always busy.
    private const string ClientRuntime = "DOTNET_TieredPGO=0 DOTNET_TC_CallCountingDelayMs=0";
    private const int WarmUpSeconds = 5;

    // As much as the client's memory takes: with the window of a bench, 131,072 records, what was measured was the time that a record takes.
    private const int InFlightMiB = 2048;
    private const int Shards = 16;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = new Figures();
        foreach (var part in arguments.Only ?? ["here"])
        {
            await using var endpoint = ChildProcess.Start(Affinity.ProducerProcessors, AnsweringEndpoint.Verb);
            var port = await endpoint.ReadAsync<int>();
            await using var tier = part switch
            {
                "here" => await TierUnderTest.OneSiloAsync(port, ShardRanges.StreamOf(Shards)),
                "elsewhere" => await TierUnderTest.OwnedElsewhereAsync(port, ShardRanges.StreamOf(1)),
                _ => throw new BenchMissingException($"cluster has the parts here and elsewhere, not {part}"),
            };
            await MeasureAsync(figures, part == "here" ? "" : $"{part}_", arguments.Runs ?? Runs, endpoint, tier);
        }

        return figures;
    }

    private static async Task MeasureAsync(Figures figures, string prefix, int runs, ChildProcess endpoint, TierUnderTest tier)
    {
        List<Round> delivered = [], ceiling = [];
        for (var run = 1 - WarmUps; run <= runs; run++)
        {
            var both = (await MeasureAsync(endpoint, tier, isCallsOnly: false), await MeasureAsync(endpoint, tier, isCallsOnly: true));
            Bench.Say($"{prefix}{(run < 1 ? "warm-up" : $"run {run}")}: delivered {both.Item1}; calls alone {both.Item2}");
            if (run < 1)
                continue;
            delivered.Add(both.Item1);
            ceiling.Add(both.Item2);
        }

        figures.Add($"{prefix}records_per_second", Figures.Median(delivered.Select(static r => r.RecordsPerSecond)))
            .Add($"{prefix}ceiling_records_per_second", Figures.Median(ceiling.Select(static r => r.RecordsPerSecond)))
            .Add($"{prefix}ratio", Figures.Median(delivered.Zip(ceiling, static (d, c) => d.RecordsPerSecond / c.RecordsPerSecond)))
            .Add($"{prefix}silo_cpu", Figures.Median(delivered.Select(static r => r.SiloCpu)))
            .Add($"{prefix}silo_cpu_in_calls_alone", Figures.Median(ceiling.Select(static r => r.SiloCpu)));
    }

    private static async Task<Round> MeasureAsync(ChildProcess endpoint, TierUnderTest tier, bool isCallsOnly)
    {
        await endpoint.AskAsync<bool>("reset");
        await using var client = ClusterClient.Start(
            Affinity.EndpointProcessors, tier.Stream, Records, $"{ClientRuntime} Kpl__Cluster__GatewayPort={tier.GatewayPort}", isCallsOnly,
            "--warm-up", $"{WarmUpSeconds}", "--in-flight", $"{InFlightMiB}");
        var (cpu, started) = (tier.CpuTime, TimeProvider.System.GetTimestamp());
        var result = JsonDocument.Parse(await client.LineAsync(static l => l.StartsWith('{'))).RootElement;
        var used = (tier.CpuTime - cpu) / TimeProvider.System.GetElapsedTime(started);
        var report = await endpoint.AskAsync<EndpointReport>("report");
        if (result.GetProperty("failed").GetInt64() != 0 || !isCallsOnly && (report.Records != Records || report.BadTrailers != 0 || report.StrayMembers != 0))
            throw new BenchFailedException(string.Create(CultureInfo.InvariantCulture, $"not delivered as put: {result}; {report}"));
        return new Round(result.GetProperty("records_per_second").GetDouble(), used);
    }

    /// <param name="RecordsPerSecond">After the warm-up.</param>
    /// <param name="SiloCpu">Of their processor's time, what the silos used, the client's start included.</param>
    private readonly record struct Round(double RecordsPerSecond, double SiloCpu)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{RecordsPerSecond:N0} records/s (silos' processor {SiloCpu:P0})");
    }
}

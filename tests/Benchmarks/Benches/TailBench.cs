using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Latencies at half of what 64 shards take, for five minutes each: of a producer in the process of <c>kpl bench</c>, and through a silo. The first minute, in
/// which code is compiled, is left out. Garbage collectors are as shipped.
/// </summary>
/// <remarks><c>--only embedded</c> or <c>silo</c> measures one of them; <c>--runs N</c> takes N minutes instead of five.</remarks>
internal static class TailBench
{
    private const int Minutes = 5;
    private const int WarmUp = 60;
    private const int Shards = 64;

    /// <summary>100 bytes, a 36-byte key with its entry in the table, and the fields of a record in an aggregate.</summary>
    private const long Rate = Shards * (1L << 20) / 145 / 2;

    private static readonly string[] Pace = ["--rate", $"{Rate}", "--warm-up", $"{WarmUp}"];
    private static readonly string Stream = BenchStream.Of(Shards);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var records = Rate * (WarmUp + (60 * (arguments.Runs ?? Minutes)));
        var figures = new Figures();
        foreach (var (way, suffix) in ((string, string)[])[("embedded", ""), ("silo", "_silo")])
        {
            if (!arguments.Has(way))
                continue;
            var result = await MeasureAsync(way, records);
            foreach (var name in (string[])["p50", "p99", "p999", "longest_pause"])
                figures.Add($"{name}{suffix}_ms", result.GetProperty($"{name}_ms").GetDouble());
        }

        return figures;
    }

    private static async Task<JsonElement> MeasureAsync(string way, long records)
    {
        await using var endpoint = await EndpointProcess.StartAsync("bucket:1000");
        await endpoint.BeginAsync(Stream);
        await using var silo = way == "silo" ? await TierProcess.StartSiloAsync(Affinity.ProducerProcessors, endpoint.Port) : null;
        await using var client = silo is null
            ? BuiltProgram.Start(Affinity.ProducerProcessors, "Orleans.Kpl.Cli", "kpl",
                ["bench", "--endpoint", endpoint.Url, "--stream", Stream, "--records", $"{records}", "--size", "100", "--json", .. Pace])
            : BuiltProgram.StartClusterClient(Affinity.EndpointProcessors, Stream, records, $"Kpl__Cluster__GatewayPort={silo.GatewayPort}", Pace);
        var line = await client.LineAsync(static l => l.StartsWith('{'), TimeSpan.FromMinutes(2 + (records / Rate / 60)));
        Bench.Say($"{way}: {line}");
        var result = JsonDocument.Parse(line).RootElement;
        return result.GetProperty("failed").GetInt64() == 0 ? result : throw new BenchFailedException($"not delivered as put: {line}");
    }
}

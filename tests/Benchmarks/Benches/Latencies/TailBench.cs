using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches.Latencies;

/// <summary>
/// Latencies at half of what 64 shards take, for five minutes each: of a producer in the process of <c>kpl bench</c>, and through a silo. The first minute, in
/// which code is compiled, is left out. Garbage collectors are as shipped. Beside it a process only sleeps, on the producer's processor: what the machine adds.
/// </summary>
/// <remarks><c>--only embedded</c> or <c>silo</c> measures one of them; <c>--runs N</c> takes N minutes instead of five.</remarks>
internal static class TailBench
{
    private const int Minutes = 5;
    private const int WarmUp = 60;
    private const int Shards = 64;
    private const double MostMore = 15;

    /// <summary>100 bytes, a 36-byte key with its entry in the table, and the fields of a record in an aggregate.</summary>
    private const long Rate = Shards * (1L << 20) / 145 / 2;

    private static readonly string[] Pace = ["--rate", $"{Rate}", "--warm-up", $"{WarmUp}"];
    private static readonly string Stream = ShardRanges.StreamOf(Shards);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var records = Rate * (WarmUp + (60 * (arguments.Runs ?? Minutes)));
        var figures = new Figures();
        var missed = new List<string>();
        foreach (var (way, suffix) in ((string, string)[])[("embedded", ""), ("silo", "_silo")])
        {
            if (arguments.Only is { } only && !only.Contains(way))
                continue;
            var (result, late, siloPause) = await MeasureAsync(way, records);
            double Of(string name) => result.GetProperty(name).GetDouble();
            figures.Add($"p50{suffix}_ms", Of("p50_ms")).Add($"p99{suffix}_ms", Of("p99_ms")).Add($"p999{suffix}_ms", Of("p999_ms"))
                .Add($"longest_pause{suffix}_ms", Of("longest_pause_ms")).Add($"sleeper_p999{suffix}_ms", late);
            if (siloPause is { } pause)
                figures.Add("longest_pause_of_silo_ms", pause);
            // The round trip is left out, which is stricter.
            var most = new KplOptions().RecordMaxBufferedTime.TotalMilliseconds + MostMore + late;
            if (Of("p999_ms") > most)
                missed.Add($"p999{suffix}_ms is {Of("p999_ms"):0.#}: it must be {most:0.#} at most");
        }

        return missed.Count == 0 ? figures : throw new BenchFailedException(string.Join("; ", missed), figures);
    }

    private static async Task<(JsonElement Result, double Late, double? SiloPause)> MeasureAsync(string way, long records)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, LimitedEndpoint.Verb, "bucket:1000");
        var port = await endpoint.ReadAsync<int>();
        await endpoint.AskAsync<bool>(LimitedEndpoint.Create + Stream);
        await using var silo = way == "silo" ? await Silo.StartWatchedAsync(Affinity.ProducerProcessors, port) : null;
        await using var sleeper = ChildProcess.Start(Affinity.ProducerProcessors, SleepingLoad.Verb);
        await using var client = silo is null
            ? BuiltProgram.Start(Affinity.ProducerProcessors, "Orleans.Kpl.Cli", "kpl",
                ["bench", "--endpoint", $"http://127.0.0.1:{port}", "--stream", Stream, "--records", $"{records}", "--size", "100",
                "--json", .. Pace])
            : ClusterClient.Start(Affinity.EndpointProcessors, Stream, records, $"Kpl__Cluster__GatewayPort={silo.GatewayPort}", further: Pace);
        var line = await client.LineAsync(static l => l.StartsWith('{'), TimeSpan.FromMinutes(2 + (records / Rate / 60)));
        Bench.Say($"{way}: {line}");
        var result = JsonDocument.Parse(line).RootElement;
        return result.GetProperty("failed").GetInt64() == 0
            ? (result, await sleeper.AskAsync<double>(SleepingLoad.Tell), silo?.LongestPause)
            : throw new BenchFailedException($"not delivered as put: {line}");
    }
}

using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// How much of what four saturated shards allow is used, and how much of what is sent is throttled, over 60 seconds after a
/// warm-up, under both models of a shard's limit. Counted by the endpoint.
/// </summary>
internal static class LimitsBench
{
    private const double ShardBytesPerSecond = 1 << 20;
    private const double ShardRecordsPerSecond = 1_000;
    private const int Shards = 4;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(60);

    private static readonly (string Prefix, string Model)[] Models = [("", "bucket:1000"), ("window_", "window:1000")];

    private static readonly (string Suffix, int Size, bool Aggregation)[] Loads =
        [("", 100, true), ("_1024_unaggregated", 1024, false), ("_700k", 700 << 10, true)];

    private sealed record Share(double Utilisation, double Throttled);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = new Figures();
        foreach (var (suffix, size, aggregation) in Loads)
        {
            // The two models side by side: eight shards' worth of data burden neither processor.
            var all = new List<Share[]>();
            for (var run = 1; run <= (arguments.Runs ?? 1); run++)
            {
                var shares = await Task.WhenAll(Models.Select(m => MeasureAsync(m.Model, new SaturationSpec(ShardRanges.StreamOf(Shards), size, aggregation))));
                Bench.Say($"run {run}, {size} bytes{(aggregation ? "" : " unaggregated")}: {string.Join("; ", Models.Zip(shares, (m, s) => $"{m.Model} {s}"))}");
                all.Add(shares);
            }

            for (var m = 0; m < Models.Length; m++)
            {
                figures.Add($"{Models[m].Prefix}utilisation{suffix}", Figures.Median(all.Select(r => r[m].Utilisation)));
                figures.Add($"{Models[m].Prefix}throttled_ratio{suffix}", Figures.Median(all.Select(r => r[m].Throttled)));
            }
        }

        return figures;
    }

    private static async Task<Share> MeasureAsync(string model, SaturationSpec spec)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, LimitedEndpoint.Verb, model);
        var port = await endpoint.ReadAsync<int>();
        await endpoint.AskAsync<bool>(LimitedEndpoint.Create + spec.Stream);
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, SaturatingLoad.Verb, $"http://127.0.0.1:{port}/", JsonSerializer.Serialize(spec));

        while ((await CountAsync()).Records == 0)
            await Task.Delay(100);
        await Task.Delay(WarmUp);
        var before = await CountAsync();
        await Task.Delay(Measured);
        var after = await CountAsync();

        var result = await load.AskAsync<SaturationResult>("stop");
        var total = await CountAsync();
        if (result.Failed != 0 || result.KinesisRecords != total.Records)
            throw new BenchFailedException($"{model}, {spec}: {result}, but the endpoint took {total}");

        var (seconds, records, bytes, throttled) = (after.Seconds - before.Seconds, after.Records - before.Records, after.Bytes - before.Bytes, after.Throttled - before.Throttled);
        var used = Math.Max(bytes / ShardBytesPerSecond, records / ShardRecordsPerSecond) / (Shards * seconds);
        return new Share(used, (double)throttled / (records + throttled));

        Task<LimitedCount> CountAsync() => endpoint.AskAsync<LimitedCount>(LimitedEndpoint.Count + spec.Stream);
    }
}

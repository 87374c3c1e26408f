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

    private static readonly Load[] Ordinary = [new("", 100, true)];
    private static readonly Load[] Awkward = [new("_1024_unaggregated", 1024, false), new("_700k", 700 << 10, true)];

    private sealed record Load(string Suffix, int Size, bool Aggregation);

    private sealed record Share(string Prefix, string Suffix, double Utilisation, double Throttled);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var shares = new List<Share>();
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            shares.AddRange(await MeasureAllAsync(run, Ordinary));
            shares.AddRange(await MeasureAllAsync(run, Awkward));
        }

        var figures = new Figures();
        foreach (var same in shares.GroupBy(s => (s.Prefix, s.Suffix)))
        {
            figures.Add($"{same.Key.Prefix}utilisation{same.Key.Suffix}", Figures.Median(same.Select(s => s.Utilisation)));
            figures.Add($"{same.Key.Prefix}throttled_ratio{same.Key.Suffix}", Figures.Median(same.Select(s => s.Throttled)));
        }

        return figures;
    }

    /// <summary>Side by side, each with an endpoint and a producer of its own: four shards' worth of data burden no processor.</summary>
    private static async Task<Share[]> MeasureAllAsync(int run, Load[] loads)
    {
        var shares = await Task.WhenAll(loads.SelectMany(load => Models.Select(model => MeasureAsync(model, load))));
        foreach (var share in shares)
            Bench.Say($"run {run}: {share}");
        return shares;
    }

    private static async Task<Share> MeasureAsync((string Prefix, string Model) model, Load put)
    {
        var spec = new SaturationSpec(ShardRanges.StreamOf(Shards), put.Size, put.Aggregation);
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, LimitedEndpoint.Verb, model.Model);
        var port = await endpoint.ReadAsync<int>();
        await endpoint.AskAsync<bool>(LimitedEndpoint.Create + spec.Stream);
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, SaturatingLoad.Verb, $"http://127.0.0.1:{port}/",
            JsonSerializer.Serialize(spec));

        while ((await CountAsync()).Records == 0)
            await Task.Delay(100);
        await Task.Delay(WarmUp);
        var before = await CountAsync();
        await Task.Delay(Measured);
        var after = await CountAsync();

        var result = await load.AskAsync<SaturationResult>("stop");
        var total = await CountAsync();
        if (result.Failed != 0 || result.KinesisRecords != total.Records)
            throw new BenchFailedException($"{model.Model}, {spec}: {result}, but the endpoint took {total}");

        var (seconds, records, bytes, throttled) = (after.Seconds - before.Seconds, after.Records - before.Records, after.Bytes - before.Bytes,
            after.Throttled - before.Throttled);
        var used = Math.Max(bytes / ShardBytesPerSecond, records / ShardRecordsPerSecond) / (Shards * seconds);
        return new Share(model.Prefix, put.Suffix, used, (double)throttled / (records + throttled));

        Task<LimitedCount> CountAsync() => endpoint.AskAsync<LimitedCount>(LimitedEndpoint.Count + spec.Stream);
    }
}

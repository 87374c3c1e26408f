using System.Globalization;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// How much of what two saturated shards allow is used by an ordered stream of 100-byte records, over 30 seconds after a warm-up, at
/// several round trips, by PutRecord with SequenceNumberForOrdering and by PutRecords. Counted by the endpoint; afterwards every record
/// is there, once, in the order in which it was put.
/// </summary>
internal static class OrderedBench
{
    private const double ShardBytesPerSecond = 1 << 20;
    private const int Shards = 2;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);

    private static readonly int[] RoundTrips = [20, 100, 250];
    private static readonly (string Prefix, OrderedMode Mode)[] Modes = [("", OrderedMode.PutRecord), ("put_records_", OrderedMode.PutRecords)];

    private sealed record Share(string Name, double Utilisation, double Throttled);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var shares = new List<Share>();
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            foreach (var mode in Modes)
            {
                // Side by side, each with an endpoint and a producer of its own: two shards' worth of data burden no processor.
                shares.AddRange(await Task.WhenAll(RoundTrips.Select(r => MeasureAsync($"{mode.Prefix}utilisation_{r}ms", mode.Mode, r))));
                foreach (var share in shares.TakeLast(RoundTrips.Length))
                    Bench.Say($"run {run}: {share}");
            }
        }

        var figures = new Figures();
        foreach (var same in shares.GroupBy(s => s.Name))
            figures.Add(same.Key, Figures.Median(same.Select(s => s.Utilisation)));
        return figures;
    }

    private static async Task<Share> MeasureAsync(string name, OrderedMode mode, int roundTripMs)
    {
        var stream = ShardRanges.StreamOf(Shards);
        await using var endpoint = ChildProcess.Start(
            Affinity.EndpointProcessors, OrderedEndpoint.Verb, stream, roundTripMs.ToString(CultureInfo.InvariantCulture));
        var port = await endpoint.ReadAsync<int>();
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, OrderedLoad.Verb, $"http://127.0.0.1:{port}/", stream, mode.ToString());

        while ((await CountAsync()).Records == 0)
            await Task.Delay(100);
        await Task.Delay(WarmUp);
        var before = await CountAsync();
        await Task.Delay(Measured);
        var after = await CountAsync();

        var result = await load.AskAsync<OrderedResult>("stop");
        var report = await endpoint.AskAsync<OrderReport>(OrderedEndpoint.Check + stream);
        if (result.Failed != 0 || report != new OrderReport(result.Records, result.NumberSum, 0, 0))
            throw new BenchFailedException($"{name}: {result}, but the endpoint has {report}");

        var (seconds, records, throttled) = (after.Seconds - before.Seconds, after.Records - before.Records, after.Throttled - before.Throttled);
        return new Share(name, (after.Bytes - before.Bytes) / (Shards * ShardBytesPerSecond * seconds), (double)throttled / (records + throttled));

        Task<LimitedCount> CountAsync() => endpoint.AskAsync<LimitedCount>(OrderedEndpoint.Count + stream);
    }
}

using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// How much of what saturated shards allow is used, and how much of what is sent is throttled, after a warm-up: of four shards for a minute, under both
/// models of a shard's limit, and of two shards of an ordered stream for half a minute, by PutRecord at several round trips. And how much by
/// <see cref="RoutingMode.Even"/> where somebody else takes nine tenths of one of the four shards. Counted by the endpoint; afterwards every record is there
/// once, and in order where it has one.
/// </summary>
internal static class LimitsBench
{
    private const string Bucket = "bucket:1000";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongWarmUp = TimeSpan.FromSeconds(12);
    private static readonly int[] RoundTrips = [20, 100, 250];
    private static readonly (string Prefix, string Model)[] Models = [("", Bucket), ("window_", "window:1000")];

    // Side by side, each with an endpoint and a producer of its own: a few shards' worth of data burdens no processor.
    public static Task<Figures> RunAsync(BenchArguments arguments) => Bench.MeasureAsync(arguments, runs: 1, async found =>
    {
        var spec = new SaturationSpec(BenchStream.Of(4));
        var shares = await Task.WhenAll(Models.Select(m => MeasureAsync(m.Model, 0, spec, TimeSpan.FromSeconds(60))));
        foreach (var ((prefix, _), share) in Models.Zip(shares))
            found.Add($"{prefix}utilisation", share.Used).Add($"{prefix}throttled_ratio", share.Throttled);
        var (used, throttled) = await MeasureBesideAnotherAsync();
        found.Add("even_utilisation", used).Add("even_throttled_ratio", throttled);
    });

    /// <summary>Returns what is used of what the other writer leaves, and how much of what is sent beside it is throttled.</summary>
    private static async Task<(double Used, double Throttled)> MeasureBesideAnotherAsync()
    {
        var spec = new SaturationSpec(BenchStream.Of(4), Routing: RoutingMode.Even);
        await using var endpoint = await EndpointProcess.StartAsync(Bucket);
        await endpoint.BeginAsync(spec.Stream);
        await using var other = new OtherWriter(endpoint, spec.Stream);
        await using var load = SaturatingLoad.Start(endpoint, spec, Affinity.ProducerProcessors);
        await Task.Delay(LongWarmUp);
        var (before, others) = (await endpoint.CountAsync(spec.Stream), other.Counts);
        await Task.Delay(TimeSpan.FromSeconds(30));
        var (after, othersAfter) = (await endpoint.CountAsync(spec.Stream), other.Counts);
        var result = await load.AskAsync<SaturationResult>(SaturatingLoad.Stop);
        await other.StopAsync();
        (await endpoint.ReportAsync(spec.Stream)).Expect(result.Records + other.Counts.Records - result.Failed, result.Failed == 0 ? result.NumberSum : null);

        var (seconds, theirs) = (after.Seconds - before.Seconds, (double)(othersAfter.Bytes - others.Bytes));
        var records = after.Records - before.Records - (othersAfter.Records - others.Records);
        var throttled = after.Throttled - before.Throttled - (othersAfter.Throttled - others.Throttled);
        var left = (BenchStream.ShardsOf(spec.Stream) * EndpointProcess.ShardBytesPerSecond * seconds) - theirs;
        return ((after.Bytes - before.Bytes - theirs) / left, throttled / (double)(records + throttled));
    }

    /// <summary>The bench <c>ordered</c>.</summary>
    public static Task<Figures> RunOrderedAsync(BenchArguments arguments) => Bench.MeasureAsync(arguments, runs: 1, async found =>
    {
        var spec = new SaturationSpec(BenchStream.Of(2), OrderedMode.PutRecord);
        var shares = await Task.WhenAll(RoundTrips.Select(r => MeasureAsync(Bucket, r, spec, TimeSpan.FromSeconds(30))));
        foreach (var (roundTrip, share) in RoundTrips.Zip(shares))
            found.Add($"utilisation_{roundTrip}ms", share.Used);
    });

    private static async Task<EndpointShare> MeasureAsync(string model, int roundTripMs, SaturationSpec spec, TimeSpan measured)
    {
        await using var endpoint = await EndpointProcess.StartAsync(model);
        await endpoint.BeginAsync(spec.Stream);
        if (roundTripMs > 0)
            await endpoint.SetDistanceAsync(roundTripMs);
        await using var load = SaturatingLoad.Start(endpoint, spec, Affinity.ProducerProcessors);
        var share = await endpoint.MeasureAsync(spec.Stream, WarmUp, measured);
        var result = await load.AskAsync<SaturationResult>(SaturatingLoad.Stop);
        var report = await endpoint.ReportAsync(spec.Stream);
        report.Expect(result.Records, result.NumberSum);
        return result.Failed == 0 && (spec.Ordered == OrderedMode.Off || report.OutOfOrder == 0)
            ? share
            : throw new BenchFailedException($"{model}, {spec}: {result}, but the endpoint has {report}");
    }
}

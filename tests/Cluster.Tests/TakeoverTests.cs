using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>
/// How long the shards of a lost silo are without an owner: from the event to the first delivered record that was put after it, of the
/// slowest of its shards. Of ten times, the 95th percentile is the longest.
/// </summary>
[Trait("Category", "Long")]
public sealed class TakeoverTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const int Runs = 10;

    /// <summary>What a lease is good for, the second included in which others see that it was renewed.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);

    [PosixFact]
    public Task Killed_ShardsAreServedAgainWithin3Seconds() => MeasureAsync("kill -9", Signals.Kill, TimeSpan.FromSeconds(3));

    [PosixFact]
    public Task Frozen_ShardsAreServedAgainWithin5Seconds() => MeasureAsync("frozen", Signals.Stop, TimeSpan.FromSeconds(5));

    [PosixFact]
    public Task KilledOrdered_ShardsAreServedAgainWithinLeaseAndRequestTimeout() =>
        MeasureAsync("kill -9, ordered", Signals.Kill, Lease + RequestTimeout, Ordered);

    [PosixFact]
    public Task FrozenOrdered_ShardsAreServedAgainWithinLeaseAndRequestTimeout() =>
        MeasureAsync("frozen, ordered", Signals.Stop, Lease + RequestTimeout, Ordered);

    private static string[] Ordered => [$"--Kpl:Streams:{Stream}:Ordered=PutRecords", $"--Kpl:Streams:{Stream}:RequestTimeout={RequestTimeout.TotalMilliseconds}"];

    private async Task MeasureAsync(string what, int signal, TimeSpan limit, params string[] settings)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"], settings);
        var ranges = await LoadAudit.RangesAsync(cluster.Kinesis, Stream);
        var survivor = await cluster.StartSiloAsync();
        await using var connection = await ClusterConnection.OpenAsync(cluster.Options, survivor);
        List<double> firsts = [], lasts = [];
        for (var run = 0; run < Runs; run++)
        {
            var victim = await cluster.StartSiloAsync();
            var load = HttpLoad.Start(survivor, Stream);
            await load.DeliveredAsync(500);
            var owned = await connection.UntilShardsAsync(shards => shards.Count == 2 && shards.Sum(s => s.Count()) == 12);
            await load.DeliveredAsync(500);
            var lost = owned[victim.Silo.ToString()].Select(k => ShardKey.Parse(k).ShardId).ToList();
            victim.Signal(signal);
            var since = Stopwatch.GetTimestamp();
            var delivered = await Task.WhenAll(lost.Select(s => ShardProbe.FirstDeliveredAsync(survivor, ranges[s].Start)));
            firsts.Add(Stopwatch.GetElapsedTime(since, delivered.Min()).TotalSeconds);
            lasts.Add(Stopwatch.GetElapsedTime(since, delivered.Max()).TotalSeconds);
            TestContext.Current.TestOutputHelper!.WriteLine($"{what}, time {run + 1}: {lost.Count} shards, first {firsts[^1]:0.00} s, last {lasts[^1]:0.00} s");
            await load.StopAsync();
            await victim.DisposeAsync();
        }

        var told = $"{what}: first shard [{Text(firsts)}] s, last shard [{Text(lasts)}] s";
        TestContext.Current.TestOutputHelper!.WriteLine(told);
        Assert.True(lasts.Max() <= limit.TotalSeconds, told);

        static string Text(List<double> seconds) =>
            string.Join(' ', seconds.Order().Select(s => s.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)));
    }
}

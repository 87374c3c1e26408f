namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Silos of which one has no way to Kinesis of its own, over Orleans' messages.</summary>
/// <remarks>Tests <see cref="Orleans.Kpl.Grains.Links.RemoteRelay"/>.</remarks>
public sealed class RelayedTierTests
{
    /// <summary>Nothing listens there.</summary>
    private static readonly Uri Nowhere = new("http://127.0.0.1:1");

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task Put_WhereOneSiloDoesNotReachKinesis_IsDelivered_AtItsShardsToo(OrderedMode mode)
    {
        var started = 0;
        await using var tier = await Tier.StartAsync(silos: 3, shards: 6, configure: o =>
        {
            o.Ordered = mode;
            if (Interlocked.Increment(ref started) == 2)
                o.Kinesis.EndpointUrl = Nowhere;
        });
        // The manager may be on that silo, and the map is read once its calls go through others. Until then records go without one.
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Record(0), cancellationToken: TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => tier.Front(0).Find(Tier.Stream)!.Shards.Map is { Count: 6 });
        UserRecord[] records = [.. Tier.Records(300, first: 1), new UserRecord("large", new byte[900_000])];

        var results = await tier.Front(0).PutAsync(Tier.Stream, records, cancellationToken: TestContext.Current.CancellationToken);

        tier.AssertVisible(records, results);
        Assert.Equal([2, 2, 2], tier.HostedShards());
        var reports = Enumerable.Range(0, 3).Select(i => tier.Front(i).Report($"{i}", Tier.Stream).Streams.Single(static s => s.Stream == Tier.Stream));
        Assert.Single(reports, static r => r.RelayedSince is not null);
    }
}

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Silos of Orleans close a stream that nobody uses: its shard grains end, and the next put brings them back.</summary>
public sealed class IdleTierTests
{
    /// <summary>Longer than a put takes beside other tests: its shards are counted when it has ended.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AStreamThatClosedInBothSilos_ComesBackThroughTheOther(OrderedMode mode)
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 4, configure: o => o.Ordered = mode, idleLimit: Limit);
        var (records, results) = (new List<UserRecord>(), new List<RecordResult>());
        foreach (var front in (int[])[0, 1])
        {
            var put = Tier.Records(100, first: front * 100);
            records.AddRange(put);
            results.AddRange(await tier.Front(front).PutAsync(Tier.Stream, put).AsTask().WaitAsync(Tier.Long));
            Assert.Equal(4, tier.HostedShards().Sum());
            await UntilClosedAsync(tier);
        }

        tier.AssertVisible(records, results);
        Assert.Equal(200, tier.Front(0).ReadLedger().Delivered + tier.Front(1).ReadLedger().Delivered);
        Assert.Equal(200, (await tier.Manager.GetLedger().WaitAsync(Tier.Long)).Delivered);
    }

    private static Task UntilClosedAsync(Tier tier) => Waiting.UntilAsync(() =>
        tier.HostedShards().Sum() == 0 && tier.Front(0).Find(Tier.Stream) is null && tier.Front(1).Find(Tier.Stream) is null);
}

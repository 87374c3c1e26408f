using Orleans.Kpl.Grains.Tests.Tiers;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Grains.Tests.Fronts;

/// <summary>Records through the tier: from a client's call to the bytes that KCL sees.</summary>
public sealed class TierDeliveryTests
{
    /// <summary>So many that of two silos each has some, whatever their names (but for 1e-18).</summary>
    private const int ManyShards = 60;

    [Fact]
    public async Task PutRecords_OverTwoSilos_EachRecordIsWhereItsResultSays()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: ManyShards);
        var records = Tier.Records(5_000);
        var results = await tier.Producer.PutRecords(new RecordBatch(records)).WaitAsync(Tier.Long);

        tier.AssertVisible(records, results);
        Assert.Equal(ManyShards, tier.HostedShards().Sum());
        Assert.All(tier.HostedShards(), count => Assert.NotEqual(0, count));
        Assert.Equal(5_000, ConsumerView.Of(tier.Server.Kinesis, Tier.Stream).Count);
    }

    [Fact]
    public async Task PutRecords_ThroughEverySilosFront_EachShardHasOneOwner()
    {
        await using var tier = await Tier.StartAsync(silos: 3, shards: 12);
        var fronts = Enumerable.Range(0, 3).Select(tier.Front).ToList();
        var records = Enumerable.Range(0, 3).Select(i => Tier.Records(2_000, first: i * 2_000)).ToList();
        var results = await Task.WhenAll(fronts.Select((f, i) => f.PutAsync(Tier.Stream, records[i]).AsTask())).WaitAsync(Tier.Long);

        tier.AssertVisible([.. records.SelectMany(r => r)], [.. results.SelectMany(r => r)]);
        Assert.Equal(12, tier.HostedShards().Sum());
        Assert.All(fronts, f => Assert.Equal(new StreamLedger(2_000, 2_000, 0, 0, 0, 0, 0), f.GetLedger(Tier.Stream)));
        Assert.All(fronts, f => Assert.Equal(0, f.OutstandingBytes));
    }

    [Fact]
    public async Task PutRecord_OfOne_IsDelivered()
    {
        await using var tier = await Tier.StartAsync();
        var record = Tier.Record(1);
        var result = await tier.Producer.PutRecord(record, new PutOptions { Immediate = true }).WaitAsync(Tier.Long);

        tier.AssertVisible([record], [result]);
        Assert.Single(result.Attempts);
    }
}

using Orleans.Kpl.Grains.Tests.Tiers;

namespace Orleans.Kpl.Grains.Tests.Fronts;

/// <summary>One stream under two spellings.</summary>
public sealed class StreamNameTests
{
    [Fact]
    public async Task PutByNameAndByArn_HasOneOwnerForEachShardAndOneManager()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 4);
        var arn = tier.Server.Kinesis.Get(Tier.Stream).Arn;
        var byName = await tier.Producer.PutRecords(new RecordBatch(Tier.Records(500))).WaitAsync(Tier.Long);
        var byArn = await tier.Cluster.Client.GetGrain<IStreamProducer>(arn).PutRecords(new RecordBatch(Tier.Records(500, 500))).WaitAsync(Tier.Long);

        tier.AssertVisible(Tier.Records(1_000), [.. byName, .. byArn]);
        Assert.Equal(4, tier.HostedShards().Sum());
        var (shards, same) = (await tier.Manager.GetShards(), await tier.Cluster.Client.GetGrain<IStreamManager>(arn).GetShards());
        Assert.Equal((Tier.Stream, shards.Version), (same.Stream, same.Version));
        Assert.Equal(4, same.Shards.Length);
    }

    [Fact]
    public async Task AnArnOfAnotherAccount_StaysAnArn()
    {
        await using var tier = await Tier.StartAsync(silos: 1);
        var foreign = tier.Server.Kinesis.Get(Tier.Stream).Arn.Replace("000000000000", "123456789012", StringComparison.Ordinal);
        var status = await tier.Cluster.Client.GetGrain<IStreamProducer>(foreign).GetStatus();
        Assert.Equal(foreign, status.Stream);
    }
}

using System.Numerics;
using Orleans.Kpl.Deaggregation.Tests;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>Records that go to the shard that has most tokens, as consumers read them.</summary>
/// <remarks>Tests <see cref="RoutingMode"/>.</remarks>
public sealed class EmbeddedEvenTests
{
    private const int Puts = 40, Batch = 250;

    /// <summary>A judge of its own reads the aggregates: each member says by itself that it belongs to the shard where it lies.</summary>
    [Fact]
    public async Task Put_WhileShardsChange_GivesEachMemberAHashKeyOfItsShard()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 3);
        kinesis.Server.Kinesis.Reshards = ReshardHarness.Apart;
        await using (var producer = kinesis.Producer(o => o.Routing = RoutingMode.Even))
        {
            for (var put = 0; put < Puts; put++)
            {
                if (put == Puts / 3)
                    await kinesis.CallAsync("UpdateShardCount", """{"StreamName":"events","TargetShardCount":5,"ScalingType":"UNIFORM_SCALING"}""");
                UserRecord[] records = [.. Enumerable.Range(put * Batch, Batch).Select(i => new UserRecord("one key", BitConverter.GetBytes(i)))];
                Assert.All(await producer.PutAsync(LocalKinesis.Stream, records), static r => Assert.True(r.IsSuccess, r.ToString()));
            }
        }

        var ranges = kinesis.Server.Kinesis.Get(LocalKinesis.Stream).Shards.ToDictionary(s => s.ShardId);
        var seen = new List<(string Shard, KclRecord Record)>();
        foreach (var applied in kinesis.Server.Kinesis.GetApplied(LocalKinesis.Stream))
        {
            var range = ranges[applied.ShardId];
            var members = Kcl.Deaggregate(applied.Data, applied.PartitionKey, (BigInteger)range.StartingHashKey, (BigInteger)range.EndingHashKey);
            Assert.NotEmpty(members);
            seen.AddRange(members.Select(m => (applied.ShardId, m)));
        }

        Assert.Equal(
            Enumerable.Range(0, Puts * Batch).Select(static i => Convert.ToHexString(BitConverter.GetBytes(i))).Order(),
            seen.Select(static s => s.Record.Data).Order());
        Assert.All(seen, static s => Assert.Equal("one key", s.Record.PartitionKey));
        Assert.All(seen, static s => Assert.NotNull(s.Record.ExplicitHashKey));
        Assert.InRange(seen.Select(static s => s.Shard).Distinct().Count(), 6, int.MaxValue);
    }
}

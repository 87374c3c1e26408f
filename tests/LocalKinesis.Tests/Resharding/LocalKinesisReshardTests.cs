using System.Globalization;

namespace Orleans.Kpl.LocalKinesis.Tests.Resharding;

/// <remarks>Tests <see cref="LocalKinesis.Resharding.Reshard"/>.</remarks>
public class LocalKinesisReshardTests : EndpointTest
{
    private const string First = "shardId-000000000000";

    [Fact]
    public async Task Split_CutsOverAtItsInstantAndChildrenNumberAboveTheParent()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        await Endpoint.CallAsync("SplitShard", new { StreamName = "events", ShardToSplit = First, NewStartingHashKey = "1000" });
        Assert.Equal(StreamStatus.Updating, Endpoint.Kinesis.Get("events").Status);
        Assert.Equal([First, First], await ShardsAsync(Endpoint, "0", "1000"));
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("SplitShard",
            new { StreamName = "events", ShardToSplit = First, NewStartingHashKey = "2000" })).Type);
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(["shardId-000000000001", "shardId-000000000002"], await ShardsAsync(Endpoint, "999", "1000"));
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        var stream = Endpoint.Kinesis.Get("events");
        Assert.Equal(StreamStatus.Active, stream.Status);
        Assert.Equal([false, true, true], stream.Shards.Select(shard => shard.IsOpen));
        var parent = stream.Shards[0];
        Assert.All(Endpoint.Kinesis.GetApplied("events", First), record =>
            Assert.True(string.CompareOrdinal(record.SequenceNumber, parent.EndingSequenceNumber) < 0));
        Assert.All(stream.Shards.Skip(1), child =>
            Assert.True(string.CompareOrdinal(child.StartingSequenceNumber, parent.EndingSequenceNumber) > 0));
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("SplitShard",
            new { StreamName = "events", ShardToSplit = First, NewStartingHashKey = "1000" })).Type);
    }

    [Fact]
    public async Task Merge_OfNeighboursOnly_TakesBothRanges()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 3);
        object Merge(int left, int right) => new { StreamName = "events", ShardToMerge = $"shardId-{left:D12}", AdjacentShardToMerge = $"shardId-{right:D12}" };
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("MergeShards", Merge(0, 2))).Type);
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("MergeShards", Merge(1, 1))).Type);
        Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("MergeShards", Merge(2, 3))).Type);
        await Endpoint.CallAsync("MergeShards", Merge(2, 1));
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        var shards = Endpoint.Kinesis.Get("events").Shards;
        Assert.Equal((shards[1].StartingHashKey, UInt128.MaxValue), (shards[3].StartingHashKey, shards[3].EndingHashKey));
        Assert.Equal(("shardId-000000000002", "shardId-000000000001"), (shards[3].ParentShardId, shards[3].AdjacentParentShardId));
    }

    [Theory]
    [InlineData(4, 8)]
    [InlineData(8, 4)]
    [InlineData(3, 6)]
    [InlineData(4, 6)]
    [InlineData(4, 4)]
    [InlineData(5, 3)]
    [InlineData(7, 13)]
    public async Task UpdateShardCount_EndsInEvenRangesThatCoverEverythingOnce(int from, int to)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", from);
        var answer = await Endpoint.CallAsync("UpdateShardCount", new { StreamName = "events", TargetShardCount = to, ScalingType = "UNIFORM_SCALING" });
        Assert.Equal((from, to), ((int)answer["CurrentShardCount"]!, (int)answer["TargetShardCount"]!));
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(2));
        var stream = Endpoint.Kinesis.Get("events");
        Assert.Equal(StreamStatus.Active, stream.Status);
        var open = stream.Shards.Where(shard => shard.IsOpen).OrderBy(shard => shard.StartingHashKey).ToList();
        Assert.Equal(to, open.Count);
        Assert.Equal(UInt128.Zero, open[0].StartingHashKey);
        Assert.Equal(UInt128.MaxValue, open[^1].EndingHashKey);
        Assert.All(open.Zip(open.Skip(1)), pair => Assert.Equal(pair.First.EndingHashKey + 1, pair.Second.StartingHashKey));
        var even = UInt128.MaxValue / (UInt128)to;
        Assert.All(open, shard => Assert.True(Distance(shard.EndingHashKey - shard.StartingHashKey, even) < 100));
    }

    [Fact]
    public async Task UpdateShardCount_WhenMoreThanDoubleOrLessThanHalf_IsRefused()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 4);
        object To(int target) => new { StreamName = "events", TargetShardCount = target, ScalingType = "UNIFORM_SCALING" };
        Assert.Equal("LimitExceededException", (await Endpoint.FailAsync("UpdateShardCount", To(9))).Type);
        Assert.Equal("LimitExceededException", (await Endpoint.FailAsync("UpdateShardCount", To(1))).Type);
    }

    [Fact]
    public async Task Put_WhileShardsCutOverOneAfterTheOther_LosesNothing()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options =>
        {
            options.LimitModel = LimitModel.None;
            options.Reshards = new() { CutOverSpacing = TimeSpan.FromMilliseconds(1) };
        }, shards: 8);
        endpoint.Kinesis.UpdateShardCount("events", 16);
        var step = UInt128.MaxValue / 200;
        var hashes = Enumerable.Range(0, 200).Select(i => ((UInt128)i * step).ToString(CultureInfo.InvariantCulture)).ToList();
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var call = 0; call < 30; call++)
            {
                var answer = await endpoint.PutAsync("events", hashes);
                Assert.Equal(0, (int)answer["FailedRecordCount"]!);
                endpoint.Clock.Advance(TimeSpan.FromMilliseconds(1));
            }
        }));
        await Task.WhenAll(writers);
        var stream = endpoint.Kinesis.Get("events");
        Assert.Equal(16, stream.Shards.Count(shard => shard.IsOpen));
        var shards = stream.Shards.ToDictionary(shard => shard.ShardId);
        var applied = endpoint.Kinesis.GetApplied("events").ToList();
        Assert.Equal(4 * 30 * 200, applied.Count);
        Assert.All(applied, record => Assert.InRange(record.HashKey, shards[record.ShardId].StartingHashKey, shards[record.ShardId].EndingHashKey));
        Assert.All(applied.GroupBy(record => record.HashKey), hash => Assert.Equal(120, hash.Count()));
    }

    private static async Task<IEnumerable<string>> ShardsAsync(TestEndpoint endpoint, params string[] hashKeys) =>
        (await endpoint.PutAsync("events", hashKeys))["Records"]!.AsArray().Select(record => (string)record!["ShardId"]!);

    private static UInt128 Distance(UInt128 a, UInt128 b) => a > b ? a - b : b - a;
}

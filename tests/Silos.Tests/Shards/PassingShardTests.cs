using System.Text;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Silos.Tests.Links;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Shards;

/// <summary>A shard that comes and goes between two maps of its owner's silo.</summary>
public sealed class PassingShardTests
{
    private static readonly ShardKey Passing = new(NodeWorld.Stream, "shardId-000000000001");

    /// <summary>From a front to an owner: the record expired, though Kinesis was well.</summary>
    [Theory]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.Off)]
    public async Task AShardThatComesAndGoesBetweenTwoMapsOfItsOwner_KeepsNoRecordWaiting(OrderedMode mode)
    {
        await using var world = new NodeWorld(shards: 1, o => (o.Ordered, o.RecordTtl) = (mode, TimeSpan.FromSeconds(20)));
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        Assert.True((await PutAsync(one, "a")).IsSuccess);
        Assert.True((await PutAsync(two, "b")).IsSuccess);
        var owner = one.Node.Hosted.Count == 1 ? one : two;
        var front = owner == one ? two : one;
        var stream = owner.Node.Producer.Find(NodeWorld.Stream)!;
        // It has read its map so often that it reads it again in a quarter of a second only.
        for (var i = 0; i < 14; i++)
            await stream.ReadMapAsync();
        var reading = stream.ReadMapAsync();
        world.Kinesis.Reshard(FakeKinesis.Even(1, 1));
        await front.Node.Producer.Find(NodeWorld.Stream)!.ReadMapAsync();
        Assert.NotEqual(ShardMap.None, front.Node.Producer.Find(NodeWorld.Stream)!.Shards.Map.IndexOf(Passing.ShardId));
        var put = PutAsync(front, "c");
        await Waiting.UntilAsync(() => owner.Node.Hosted.Contains(Passing));
        // A busy machine may need longer than that for the rest.
        Assert.SkipWhen(reading.IsCompleted, "the owner's map was read again before it was given the shard");
        world.Kinesis.Reshard(FakeKinesis.Even(2, 2));
        var since = TimeProvider.System.GetTimestamp();

        var result = await put;
        Assert.True(result.IsSuccess, $"after {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s: {result}");
    }

    /// <summary>Nobody ended the stay, though the child's owner had marked the shard as closed.</summary>
    [Fact]
    public async Task AnActivationOfAShardThatNoMapWillShow_EndsOnceItIsMarked()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.Ordered = OrderedMode.PutRecords);
        var silo = await world.StartAsync();
        Assert.True((await PutAsync(silo, "a")).IsSuccess);
        world.Kinesis.Reshard(FakeKinesis.Even(1, 1));
        world.Kinesis.Reshard(FakeKinesis.Even(2, 2));
        var activation = new FakeActivation();
        var shard = silo.Node.NewShard(Passing, activation);
        await shard.ActivateAsync(null);
        // Child shards are opened and mark it.
        Assert.True((await PutAsync(silo, "b")).IsSuccess);
        Assert.True((await PutAsync(silo, "c")).IsSuccess);
        await Waiting.UntilAsync(async () => (await world.Rows.ReadAsync($"epoch:{NodeWorld.Stream}", Passing.ShardId, default))?.Text == "-");

        await activation.Ended.WaitAsync(Waiting.Long);
        await shard.DeactivateAsync("test", CancellationToken.None);
    }

    /// <summary>Without order there is no epoch that tells of it: its silo has to find out.</summary>
    [Fact]
    public async Task Unordered_AnActivationOfAShardThatNoMapWillShow_EndsWithinAMoment()
    {
        await using var world = new NodeWorld(shards: 1);
        var silo = await world.StartAsync();
        Assert.True((await PutAsync(silo, "a")).IsSuccess);
        world.Kinesis.Reshard(FakeKinesis.Even(1, 1));
        world.Kinesis.Reshard(FakeKinesis.Even(2, 2));
        var activation = new FakeActivation();
        var shard = silo.Node.NewShard(Passing, activation);
        await shard.ActivateAsync(null);
        var since = TimeProvider.System.GetTimestamp();
        await activation.Ended.WaitAsync(Waiting.Long);
        var took = TimeProvider.System.GetElapsedTime(since);

        await shard.DeactivateAsync("test", CancellationToken.None);
        Assert.True(took < TimeSpan.FromSeconds(15), $"its stay ended after {took.TotalSeconds:0.0} s");
    }

    /// <summary>An answer told the range of the shard; its epoch was taken and kept.</summary>
    [Fact]
    public async Task AnEpochOfAShardThatIsClosedAlready_IsNotKept()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.Ordered = OrderedMode.PutRecords);
        var silo = await world.StartAsync();
        Assert.True((await PutAsync(silo, "a")).IsSuccess);
        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Kinesis.BeforePut = (_, _) =>
        {
            world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
            world.Kinesis.Reshard(FakeKinesis.Even(1, 1));
            return ValueTask.CompletedTask;
        };
        world.Kinesis.AfterPut = () =>
        {
            world.Kinesis.AfterPut = static () => ValueTask.CompletedTask;
            world.Kinesis.Reshard(FakeKinesis.Even(2, 2));
            applied.SetResult();
            return ValueTask.CompletedTask;
        };
        UserRecord[] two = [new("b", "1"u8.ToArray()), new("c", "2"u8.ToArray())];
        var put = silo.Node.Producer.PutAsync(NodeWorld.Stream, two).AsTask();
        await applied.Task.WaitAsync(Waiting.Long);
        var activation = new FakeActivation();
        var shard = silo.Node.NewShard(Passing, activation);
        await shard.ActivateAsync(null);
        Assert.True(shard.Locate().IsOpen);
        var results = await put.WaitAsync(Waiting.Long);
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.True(silo.Node.Producer.Find(NodeWorld.Stream)!.Shards.IsOver(Passing.ShardId), "premise: the closed shards told of it");

        await activation.Ended.WaitAsync(Waiting.Long);
        await shard.DeactivateAsync("test", CancellationToken.None);
        Assert.Contains((await world.Rows.ReadAsync($"epoch:{NodeWorld.Stream}", Passing.ShardId, default))?.Text, (string?[])[null, "-"]);
    }

    private static Task<RecordResult> PutAsync(WorldSilo silo, string key) =>
        silo.Node.Producer.PutAsync(NodeWorld.Stream, new UserRecord(key, Encoding.UTF8.GetBytes("data"))).AsTask().WaitAsync(Waiting.Long);
}

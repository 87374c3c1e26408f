using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Shards;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Shards;

/// <remarks>Tests <see cref="HostedShard"/>.</remarks>
public sealed class HostedShardTests
{
    private static readonly ShardKey Key = new(NodeWorld.Stream, "shardId-000000000000");

    private readonly FakeActivation _activation = new();

    [Fact]
    public async Task Activate_SoonAfterTheLossOfASilo_BeginsWithAnEmptyBucket()
    {
        await using var world = new NodeWorld(shards: 2);
        var (silo, other) = (await world.StartAsync(), await world.StartAsync());
        var before = silo.Node.NewShard(Key, _activation);
        await before.ActivateAsync(null);
        Assert.Null(before.Level);
        await before.DeactivateAsync("test", CancellationToken.None);
        world.Kill(other);
        var shard = silo.Node.NewShard(Key, _activation);
        await shard.ActivateAsync(null);

        Assert.Equal(ShardLevel.Empty, shard.Level);
        await shard.DeactivateAsync("test", CancellationToken.None);
    }

    /// <summary>
    /// It may have waited for a stream that was being closed. Orleans gives it up after half a minute, and does not end it: its engine sent for the shard
    /// beside that of the next activation, until the silo stopped.
    /// </summary>
    [Fact]
    public async Task Activate_OfAnActivationThatWasGivenUp_OpensNothing()
    {
        await using var world = new NodeWorld(shards: 2);
        var silo = await world.StartAsync();
        var shard = silo.Node.NewShard(Key, _activation);
        await Assert.ThrowsAsync<OperationCanceledException>(() => shard.ActivateAsync(null, new CancellationToken(canceled: true)));
        Assert.False(silo.Node.Hosted.Contains(Key));
        Assert.False(shard.Locate().IsOpen);
    }

    [Fact]
    public async Task Activate_OnASiloThatLeaves_ServesTheShardAndMovesItOn()
    {
        await using var world = new NodeWorld(shards: 2);
        var (silo, other) = (await world.StartAsync(), await world.StartAsync());
        await silo.Node.Producer.PutAsync(NodeWorld.Stream, new UserRecord("key", "x"u8.ToArray())).AsTask().WaitAsync(Waiting.Long);
        silo.Node.Silos.MarkLeaving(silo.Id);
        var shard = silo.Node.NewShard(Key, _activation);
        await shard.ActivateAsync(null);
        Assert.True(shard.Locate().IsOpen);

        await _activation.Moved.WaitAsync(Waiting.Long);
        shard.Move(other.Id);
        Assert.Equal(2, _activation.Moves);
        await shard.DeactivateAsync("test", CancellationToken.None);
    }

    [Fact]
    public async Task Move_ToASiloThatIsNone_IsIgnored()
    {
        await using var world = new NodeWorld(shards: 2);
        var silo = await world.StartAsync();
        var shard = silo.Node.NewShard(Key, _activation);
        await shard.ActivateAsync(null);
        shard.Move(silo.Id);
        shard.Move(SiloId.Parse("10.0.0.1:1@1"));

        Assert.Equal(0, _activation.Moves);
        await shard.DeactivateAsync("test", CancellationToken.None);
    }

    [Fact]
    public async Task Move_WhileAnOrderedShardWaitsForItsTurn_IsIgnored()
    {
        await using var world = new NodeWorld(shards: 2, static o => o.Ordered = OrderedMode.PutRecords);
        var (lost, next, other) = (await world.StartAsync(), await world.StartAsync(), await world.StartAsync());
        var former = lost.Node.NewShard(Key, new FakeActivation());
        await former.ActivateAsync(null);
        await Waiting.UntilAsync(() => former.Locate().Epoch > 0);
        world.Kill(lost);
        var shard = next.Node.NewShard(Key, _activation);
        await shard.ActivateAsync(null);
        shard.Move(other.Id);
        Assert.Equal(0, _activation.Moves);

        next.Node.Silos.MarkLeaving(next.Id);
        shard.Move(other.Id);
        Assert.Equal(1, _activation.Moves);
        await shard.DeactivateAsync("test", CancellationToken.None);
    }

    /// <summary>
    /// Orleans waits for an activation that ends for half a minute. A call that was in flight for longer gave the epoch of the next one back: that one went on
    /// without, and a silo that was frozen would not have seen that it had lost the shard.
    /// </summary>
    [Fact]
    public async Task Deactivate_WhereTheNextActivationHasBegunHere_LeavesItTheEpoch()
    {
        await using var world = new NodeWorld(shards: 2, static o => o.Ordered = OrderedMode.PutRecords);
        var silo = await world.StartAsync();
        var former = silo.Node.NewShard(Key, _activation);
        await former.ActivateAsync(null);
        await Waiting.UntilAsync(() => former.Locate().Epoch > 0);
        var (epoch, held) = (former.Locate().Epoch, world.Kinesis.HoldPuts());
        var put = silo.Node.Producer.PutAsync(NodeWorld.Stream, new UserRecord("key", "x"u8.ToArray(), UInt128.Zero)).AsTask();
        await Waiting.UntilAsync(() => !world.Kinesis.Calls.IsEmpty);
        var ending = former.DeactivateAsync("test", CancellationToken.None);
        var next = silo.Node.NewShard(Key, new FakeActivation());
        await next.ActivateAsync(null);
        await Waiting.UntilAsync(() => next.Locate().Epoch > epoch);
        held.SetResult();
        await ending.WaitAsync(Waiting.Long);

        Assert.True((await put.WaitAsync(Waiting.Long)).IsSuccess);
        Assert.Equal(epoch + 1, next.Locate().Epoch);
        await next.DeactivateAsync("test", CancellationToken.None);
        Assert.Equal(0, next.Locate().Epoch);
    }
}

/// <summary>Notes that it was told to end or to move.</summary>
internal sealed class FakeActivation : IShardActivation
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _moves;

    public Task Ended => _ended.Task;

    public Task Moved => _moved.Task;

    public int Moves => Volatile.Read(ref _moves);

    public void End() => _ended.TrySetResult();

    public void Move()
    {
        Interlocked.Increment(ref _moves);
        _moved.TrySetResult();
    }
}

using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Silos.Tests.Shards;

/// <remarks>Tests <see cref="ShardMover"/> and <see cref="DepartedShards"/>.</remarks>
public sealed class ShardMoverTests : IShardDirectory
{
    private const int Shards = 8;

    private readonly FakeMembership _membership = new();
    private readonly FakeTimeProvider _time = new();
    private readonly HostedShards _hosted = new();
    private readonly LiveSilos _silos;
    private readonly ShardHomes _homes;
    private readonly ShardMover _mover;
    private readonly List<(ShardKey Shard, SiloId To)> _moves = [];
    private bool _fails;

    public ShardMoverTests()
    {
        var map = ShardMaps.Of(1, [.. FakeKinesis.Even(Shards, firstId: 0)]);
        _silos = new LiveSilos(_membership, _time);
        _homes = new ShardHomes(_ => map, _silos, _time);
        _mover = new ShardMover(this, _silos, _homes, _hosted, _time, NullLogger<ShardMover>.Instance);
        _membership.Set(FakeMembership.Silo(1), SiloStanding.Active);
        _silos.Start();
        for (var i = 0; i < Shards; i++)
            Host(Shard(i));
    }

    [Fact]
    public async Task MoveAsync_ForASiloThatHasJustCome_WaitsUntilTheSilosAreSettled()
    {
        await SettledAsync();
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        await _mover.MoveAsync();
        Assert.Empty(_moves);
        await SettledAsync();

        Assert.Equal(Shards / 2, _moves.Count);
        Assert.All(_moves, static m => Assert.Equal(FakeMembership.Silo(2), m.To));
    }

    [Fact]
    public async Task MoveAsync_OfAMoveThatFailed_IsTriedAgain()
    {
        _fails = true;
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        await SettledAsync();
        Assert.Equal(Shards, _hosted.Count);
        _fails = false;
        await SettledAsync();

        Assert.Equal(Shards / 2, _hosted.Count);
    }

    /// <summary>It stays: it is here, and nowhere else.</summary>
    [Fact]
    public async Task MoveAsync_OfAnOrderedShardThatWaitsForItsTurn_LeavesNoTrace_UntilItMayMove()
    {
        var turn = HostWaiting();
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        await SettledAsync();
        Assert.Empty(_moves);
        Assert.All(_hosted.Keys, s => Assert.Null(_homes.Departed.TargetOf(s)));
        turn.SetResult();
        await SettledAsync();

        Assert.Equal(Shards / 2, _hosted.Count);
    }

    [Fact]
    public async Task MoveAsync_OfASiloThatLeaves_MovesShardsThatWaitForTheirTurnToo()
    {
        HostWaiting();
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        _silos.MarkLeaving(FakeMembership.Silo(1));
        await _mover.MoveAsync();

        Assert.Equal(0, _hosted.Count);
    }

    [Fact]
    public async Task Start_WhileShardsWaitForTheirTurn_LooksAgainWithinSeconds()
    {
        var turn = HostWaiting();
        _mover.Start();
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        // Both sweeps of the look.
        var until = _time.GetUtcNow() + TimeSpan.FromSeconds(15);
        await PassUntilAsync(() => _time.GetUtcNow() >= until);
        turn.SetResult();
        var since = _time.GetUtcNow();
        await PassUntilAsync(() => _hosted.Count == Shards / 2);

        Assert.InRange(_time.GetUtcNow() - since, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        await _mover.DisposeAsync();
    }

    [Fact]
    public async Task AShardThatWasSentBack_StaysForAMinute_UnlessTheSilosChange()
    {
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        await SettledAsync();
        var gone = _moves.Select(static m => m.Shard).ToList();
        _moves.Clear();
        foreach (var shard in gone)
            Host(shard);
        await SettledAsync();
        Assert.Empty(_moves);
        _time.Advance(TimeSpan.FromMinutes(1));
        await SettledAsync();
        // More than the share and one does not stay.
        Assert.Equal(Shards / 2 - 1, _moves.Count);

        var again = _moves.Select(static m => m.Shard).ToList();
        _moves.Clear();
        again.ForEach(Host);
        _membership.Set(FakeMembership.Silo(3), SiloStanding.Active);
        await SettledAsync();
        Assert.NotEmpty(_moves);
    }

    [Fact]
    public async Task MoveAsync_OfASiloThatLeaves_MovesEverythingAtOnce()
    {
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        _membership.Set(FakeMembership.Silo(3), SiloStanding.Active);
        _silos.MarkLeaving(FakeMembership.Silo(1));
        var unknown = new ShardKey("events", "shardId-000000000099");
        Host(unknown);
        await _mover.MoveAsync();

        Assert.Equal(0, _hosted.Count);
        Assert.Contains(_moves, m => m.Shard == unknown);
        Assert.All(_moves.CountBy(static m => m.To), static c => Assert.InRange(c.Value, 3, 6));
    }

    Task<ShardAnswer> IShardDirectory.LocateAsync(ShardKey shard) => Task.FromResult(new ShardAnswer(FakeMembership.Silo(2), 0, IsOpen: true));

    Task IShardDirectory.MoveAsync(ShardKey shard, SiloId target)
    {
        if (_fails)
            throw new IOException("down");
        Assert.Equal(target, _homes.HomeOf(shard));
        lock (_moves)
            _moves.Add((shard, target));
        _hosted.Release(shard);
        return Task.CompletedTask;
    }

    private static ShardKey Shard(int number) => new("events", $"shardId-{number:D12}");

    private void Host(ShardKey shard) => Host(shard, Task.CompletedTask);

    private void Host(ShardKey shard, Task turn) => _hosted.Add(shard, new HeldActivation(_hosted, shard), turn);

    /// <summary>All shards wait for their turn.</summary>
    private TaskCompletionSource HostWaiting()
    {
        var turn = new TaskCompletionSource();
        for (var i = 0; i < Shards; i++)
            Host(Shard(i), turn.Task);
        return turn;
    }

    private Task PassUntilAsync(Func<bool> isSo) => _time.PassUntilAsync(isSo, TimeSpan.FromMilliseconds(100));

    private Task SettledAsync()
    {
        _ = _homes.UntilSettled("events");
        _time.Advance(ShardHomes.SettledAfter);
        return _mover.MoveAsync().WaitAsync(Waiting.Long);
    }

    /// <summary>Gives its shard back as soon as it ends.</summary>
    private sealed class HeldActivation(HostedShards hosted, ShardKey shard) : IShardActivation
    {
        public void End() => hosted.Remove(shard, this);

        public void Move() => hosted.Remove(shard, this);
    }
}

using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Relaying;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Relaying;

/// <summary>Silos whose own network does not reach Kinesis.</summary>
/// <remarks>Tests <see cref="RelayingGateway"/>.</remarks>
public sealed class RelayedCallsTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _time = new();

    /// <summary>Where one silo of three had lost its network to Kinesis, a third of all records expired, whoever had put them.</summary>
    [Fact]
    public async Task ASilo_ThatAloneDoesNotReachKinesis_HasOthersSend_UntilItDoes()
    {
        await using var world = new NodeWorld(shards: 6) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync(), await world.StartAsync()];
        await DeliverAsync(world, silos);
        var (blind, shards) = (silos[1], silos[1].Node.Hosted.Count);

        blind.ReachesKinesis = false;
        await DeliverAsync(world, silos);
        var tried = blind.Puts;
        await DeliverAsync(world, silos);
        // One call tries the way now and then.
        Assert.InRange(blind.Puts - tried, 0, 1);
        Assert.Equal(shards, blind.Node.Hosted.Count);
        Assert.Equal([false, true, false], silos.Select(static s => RelayedSince(s) is not null));
        Assert.Equal([false, true, false], silos.Select(static s => s.Node.Producer.Health.RelayedSince is not null));
        Assert.Equal([false, true, false], silos.Select(static s => s.Node.Producer.Find(NodeWorld.Stream)!.IsRelayed));

        blind.ReachesKinesis = true;
        _time.Advance(KinesisWay.TryAtLatest);
        var (before, relayed) = (blind.Puts, silos.Sum(static s => s.PutsOfOthers.Count));
        await DeliverAsync(world, silos);
        Assert.True(blind.Puts > before);
        Assert.Equal(relayed, silos.Sum(static s => s.PutsOfOthers.Count));
        Assert.Null(RelayedSince(blind));
    }

    /// <summary>The ways of a thousand made-up names stayed for ever, and no stream got another one.</summary>
    [Fact]
    public async Task AStream_BesideManyNamesThatWereAskedForOnce_HasAWayThroughOthers()
    {
        await using var world = new NodeWorld(shards: 2) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await DeliverAsync(world, silos);
        silos[1].ReachesKinesis = false;
        for (var i = 0; i < KinesisWays.Most; i++)
            await Assert.ThrowsAsync<KinesisException>(() => silos[1].Node.Calls.Kinesis.ListShardsAsync($"made-up-{i}"));

        await DeliverAsync(world, silos);
    }

    /// <summary>A manager that did not reach Kinesis kept every silo from reading the shards.</summary>
    [Fact]
    public async Task AManager_WhoseSiloDoesNotReachKinesis_ReadsTheShardsThroughOthers()
    {
        await using var world = new NodeWorld(shards: 2) { Time = _time };
        var (manager, other) = (await world.StartAsync(), await world.StartAsync());
        await DeliverAsync(world, [other]);
        manager.ReachesKinesis = false;

        world.Kinesis.Reshard(FakeKinesis.Even(4, firstId: 2));
        await DeliverAsync(world, [manager, other]);
        await _time.PassUntilAsync(() => other.Node.Producer.Find(NodeWorld.Stream)!.Shards.Map.Count == 4, Step);
    }

    [Fact]
    public async Task ARelay_ThatDoesNotAnswer_IsLeftOut_AndAnotherOneSends()
    {
        await using var world = new NodeWorld(shards: 3, static o => o.MaxConnections = 1) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync(), await world.StartAsync()];
        await DeliverAsync(world, silos);
        silos[1].ReachesKinesis = false;
        silos[2].IsSilent = true;

        for (var i = 0; i < 10; i++)
            await DeliverAsync(world, silos);
        Assert.InRange(silos[2].PutsOfOthers.Count, 0, 4);
        Assert.True(silos[0].PutsOfOthers.Count >= 10);
    }

    /// <summary>One silo would make all calls of those that are blind: its network and the memory for such calls bound them all.</summary>
    [Fact]
    public async Task Relays_OfASiloThatDoesNotReachKinesis_TakeTurns()
    {
        await using var world = new NodeWorld(shards: 8) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync(), await world.StartAsync(), await world.StartAsync()];
        await DeliverAsync(world, silos);
        silos[0].ReachesKinesis = false;

        for (var i = 0; i < 10; i++)
            await DeliverAsync(world, silos);
        var asked = silos[1..].Select(static s => s.PutsOfOthers.Count).ToList();
        var all = asked.Sum();
        Assert.True(all >= 10, $"{all} calls went through others");
        // A third each, but that calls which read shards have their turns too.
        Assert.All(asked, n => Assert.InRange(n, all / 5, all / 2));
    }

    /// <summary>Each refusal of another silo counted as an attempt, though no request was made.</summary>
    [Fact]
    public async Task ARelay_ThatDoesNotReachKinesisEither_CostsNoAttempt()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.MaxAttempts = 3) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync(), await world.StartAsync()];
        foreach (var silo in silos)
            silo.ReachesKinesis = false;
        for (var i = 0; i < 2; i++)
        {
            var put = silos[0].PutAsync(1);
            await world.PassAsync(put);
            Assert.All(Assert.Single(await put).Attempts, static a => Assert.Equal("simulated: no network", a.ErrorMessage));
        }
    }

    [Fact]
    public async Task WhereNoSiloReachesKinesis_RecordsWait_AndEachSiloSendsItsOwnAgain()
    {
        await using var world = new NodeWorld(shards: 4) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync(), await world.StartAsync(), await world.StartAsync()];
        await DeliverAsync(world, silos);

        foreach (var silo in silos)
            silo.ReachesKinesis = false;
        var puts = Task.WhenAll(silos.Select(static s => s.PutAsync(100)));
        var end = _time.GetUtcNow() + TimeSpan.FromSeconds(20);
        await _time.PassUntilAsync(() => _time.GetUtcNow() >= end, Step);
        Assert.False(puts.IsCompleted);

        foreach (var silo in silos)
            silo.ReachesKinesis = true;
        await world.PassAsync(puts);
        Assert.All(await puts, static results => Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString())));
    }

    /// <summary>It has no calls of its own that would tell it that it reaches Kinesis again: it refused each call of others for good.</summary>
    [Fact]
    public async Task ASilo_ThatDidNotReachKinesisForOthers_TriesAgainWithACallOfTheirs()
    {
        await using var world = new NodeWorld(shards: 1) { Time = _time };
        var silo = await world.StartAsync();
        var relay = silo.Node.Calls.Kinesis;
        silo.ReachesKinesis = false;
        Assert.Contains("no network", await WhyNotAsync(relay), StringComparison.Ordinal);
        Assert.Contains("no network", await WhyNotAsync(relay), StringComparison.Ordinal);
        Assert.Contains("does not reach Kinesis either", await WhyNotAsync(relay), StringComparison.Ordinal);

        silo.ReachesKinesis = true;
        Assert.Contains("does not reach Kinesis either", await WhyNotAsync(relay), StringComparison.Ordinal);
        _time.Advance(KinesisWay.TryAfter);
        Assert.Single(await relay.ListShardsAsync(NodeWorld.Stream));
    }

    /// <summary>Many silos without Kinesis would fill the memory of the one that reaches it. A single large call still goes through.</summary>
    [Fact]
    public async Task ASilo_HoldsAnEighthOfItsMemoryForCallsOfOthers_OrOneCall()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.MaxOutstandingBytes = 1 << 20);
        var relay = (await world.StartAsync()).Node.Calls.Kinesis;
        var held = world.Kinesis.HoldPuts();

        var (small, large) = (PutAsync(1 << 10), PutAsync(1 << 17));
        await Waiting.UntilAsync(() => !world.Kinesis.Calls.IsEmpty);
        Assert.Null(await large);
        var others = Enumerable.Range(0, 100).Select(_ => PutAsync(1 << 10)).ToList();
        await Waiting.UntilAsync(() => world.Kinesis.Calls.Count == 101);

        held.SetResult();
        Assert.NotNull(await small);
        Assert.All(await Task.WhenAll(others), Assert.NotNull);
        Assert.NotNull(await PutAsync(1 << 19));

        Task<IReadOnlyList<PutRecordsReplyEntry>?> PutAsync(int bytes) => relay.PutRecordsAsync(NodeWorld.Stream, Entries(bytes));
    }

    /// <summary>Each call would hang where this silo's network swallows packets, and hold up what finds room a moment later.</summary>
    [Fact]
    public async Task ACall_ForWhichOtherSilosHaveNoRoom_IsTriedThereAgain()
    {
        await using var world = new NodeWorld(shards: 2, static o => o.MaxOutstandingBytes = 1 << 20) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        var (relay, blind) = (silos[0], silos[1]);
        await DeliverAsync(world, silos);
        blind.ReachesKinesis = false;
        await DeliverAsync(world, silos);

        var held = world.Kinesis.HoldPuts();
        var small = relay.Node.Calls.Kinesis.PutRecordsAsync(NodeWorld.Stream, Entries(1));
        var hash = world.Kinesis.Shards.Single(s => s.ShardId == blind.Node.Hosted.Keys.Single().ShardId).StartingHashKey;
        var (asked, straight) = (relay.PutsOfOthers.Count, blind.Puts);
        var large = blind.Node.Producer.PutAsync(NodeWorld.Stream, new UserRecord("key", new byte[1 << 18], hash)).AsTask();
        await _time.PassUntilAsync(() => relay.PutsOfOthers.Count == asked + 3, Step);
        Assert.InRange(blind.Puts - straight, 0, 1);

        held.SetResult();
        await world.PassAsync(Task.WhenAll(small, large));
        Assert.True((await large).IsSuccess);
    }

    /// <summary>A planned stop cut the calls off, and their records were sent twice.</summary>
    [Fact]
    public async Task ASilo_ThatLeaves_WaitsForTheCallsThatItMakesForOthers()
    {
        await using var world = new NodeWorld(shards: 1) { Time = _time };
        var silo = await world.StartAsync();
        var held = world.Kinesis.HoldPuts();
        var call = silo.Node.Calls.Kinesis.PutRecordsAsync(NodeWorld.Stream, Entries(1));
        await Waiting.UntilAsync(() => !world.Kinesis.Calls.IsEmpty);

        var stopping = world.StopAsync(silo);
        var end = _time.GetUtcNow() + TimeSpan.FromSeconds(2);
        await _time.PassUntilAsync(() => stopping.IsCompleted || _time.GetUtcNow() >= end, Step);
        Assert.False(stopping.IsCompleted);
        held.SetResult();
        await world.PassAsync(stopping);
        Assert.NotNull(await call);
    }

    private static async Task DeliverAsync(NodeWorld world, WorldSilo[] silos)
    {
        foreach (var silo in silos)
            await world.PassAsync(silo.DeliverAsync(60));
    }

    private static PutRecordsEntry[] Entries(int bytes) => [new(new byte[bytes], "key"u8.ToArray(), 0)];

    private static async Task<string> WhyNotAsync(IKinesisRelay relay) =>
        (await Assert.ThrowsAsync<KinesisException>(() => relay.ListShardsAsync(NodeWorld.Stream))).Message;

    private static DateTimeOffset? RelayedSince(WorldSilo silo) =>
        Assert.Single(silo.Node.Producer.Report("silo", stream: null).Streams, static s => s.Stream == NodeWorld.Stream).RelayedSince;
}

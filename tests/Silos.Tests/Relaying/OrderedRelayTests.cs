using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Leases;
using Orleans.Kpl.Silos.Relaying;
using Orleans.Kpl.Silos.Tests.Leases;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Relaying;

/// <summary>Records of ordered streams, whose shards' owner does not reach Kinesis.</summary>
/// <remarks>Tests <see cref="RelayingGateway"/> and <see cref="CallsOfOthers"/>.</remarks>
public sealed class OrderedRelayTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _time = new();

    /// <summary>Whether leases are not renewed.</summary>
    private volatile bool _isTableAway;

    /// <summary>They expired, until somebody stopped the silo.</summary>
    [Theory]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task TheyGoThroughAnotherSilo_InTheirOrder(OrderedMode mode)
    {
        await using var world = World(mode);
        var (owner, other) = await BlindAsync(world);

        for (var i = 1; i <= 5; i++)
        {
            await world.PassAsync(owner.DeliverAsync(1, first: i));
            await world.PassAsync(other.DeliverAsync(1, first: 10 * i));
        }

        Assert.Equal(1, owner.Node.Hosted.Count);
        Assert.InRange(other.PutsOfOthers.Count, 6, 20);
        string[] expected = ["key-0", "key-0", .. Enumerable.Range(1, 5).SelectMany(static i => new[] { $"key-{i}", $"key-{10 * i}" })];
        Assert.Equal(expected, world.Kinesis.Records.Select(static r => r.Key));
        // Each call was told the shard's last number, whoever had made the one before.
        if (mode == OrderedMode.PutRecord)
            Assert.Single(world.Kinesis.Orderings, static o => o is null);
    }

    /// <summary>The shard's next owner waits for this one's lease, and for one call that began before its end.</summary>
    [Fact]
    public async Task ACall_ThatArrivesAfterTheOwnersLease_IsNotMade()
    {
        await using var world = World(OrderedMode.PutRecords);
        var (owner, other) = await BlindAsync(world);
        var (sent, arrives) = (world.Kinesis.Calls.Count, new TaskCompletionSource());
        _isTableAway = true;
        await _time.PassUntilAsync(() => owner.Node.Lease.Left < TimeSpan.FromSeconds(1), Step);
        var left = owner.Node.Lease.Left;
        other.BeforeOrderedPut = () => arrives.Task;
        var asked = other.PutsOfOthers.Count;
        var put = owner.PutAsync(1);
        await _time.PassUntilAsync(() => other.PutsOfOthers.Count > asked, TimeSpan.FromMilliseconds(1));

        var over = _time.GetUtcNow() + left;
        await _time.PassUntilAsync(() => _time.GetUtcNow() >= over, Step);
        arrives.SetResult();
        await ExpireAsync(world, put);

        Assert.Equal((sent, asked + 1), (world.Kinesis.Calls.Count, other.PutsOfOthers.Count));
        // A call that this silo did not make, for want of its lease, tells nothing of its way to Kinesis.
        Assert.NotNull(owner.Node.Producer.Health.RelayedSince);
        _isTableAway = false;
    }

    [Fact]
    public async Task ASilo_WithoutItsLease_SendsNothing_ThroughOthersOrStraight()
    {
        await using var world = World(OrderedMode.PutRecords);
        var (owner, other) = await BlindAsync(world);
        _isTableAway = true;
        await _time.PassUntilAsync(() => !owner.Node.Lease.IsHeld, Step);
        owner.ReachesKinesis = true;
        var (sent, asked) = (world.Kinesis.Calls.Count, other.PutsOfOthers.Count);

        await ExpireAsync(world, owner.PutAsync(1));
        Assert.Equal((sent, asked), (world.Kinesis.Calls.Count, other.PutsOfOthers.Count));
        _isTableAway = false;
    }

    /// <summary>The other silo may begin as late as it is told to, and Kinesis take nearly as long as a request may.</summary>
    [Fact]
    public async Task ACall_ThatBeginsLate_AndIsAnsweredLate_IsWaitedFor()
    {
        await using var world = World(OrderedMode.PutRecords);
        var (owner, other) = await BlindAsync(world);
        other.BeforeOrderedPut = () => Task.Delay(TimeSpan.FromSeconds(1.8), _time);
        world.Kinesis.BeforePut = (_, _) => new ValueTask(Task.Delay(TimeSpan.FromSeconds(14.5), _time, CancellationToken.None));
        var put = owner.PutAsync(1);
        await world.PassAsync(put);

        var result = Assert.Single(await put);
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Single(result.Attempts);
    }

    /// <summary>What the other silo still sends would land among the records of the shard's next owner.</summary>
    [Fact]
    public async Task AnOwner_ThatStops_GivesTheShardBack_OnlyWhenTheOtherSiloHasMadeTheCall()
    {
        await using var world = World(OrderedMode.PutRecords, static o => o.DrainTimeout = o.StopTimeout = TimeSpan.FromSeconds(1));
        var (owner, other) = await BlindAsync(world);
        var asked = other.PutsOfOthers.Count;
        var held = world.Kinesis.HoldPuts();
        var last = owner.PutAsync(1, first: 1);
        await _time.PassUntilAsync(() => other.PutsOfOthers.Count > asked, Step);
        await _time.PassUntilAsync(() => world.Kinesis.Calls.Count == 3, Step);

        var stopping = Task.WhenAll(world.StopAsync(owner), owner.Node.DisposeAsync().AsTask());
        var end = _time.GetUtcNow() + TimeSpan.FromSeconds(5);
        await _time.PassUntilAsync(() => _time.GetUtcNow() >= end, Step);
        Assert.Equal(0, other.Node.Hosted.Count);

        held.SetResult();
        await world.PassAsync(stopping);
        await world.PassAsync(last);
        Assert.True(Assert.Single(await last).IsSuccess);
        await world.PassAsync(other.DeliverAsync(1, first: 2));
    }

    [Theory]
    [InlineData(2, 0, false)]
    [InlineData(0, 2, false)]
    [InlineData(2, 2, true)]
    public async Task ACall_IsMade_UntilEitherClockSaysThatTheLeaseIsOver(int uptime, int wall, bool isMade)
    {
        await using var world = World(OrderedMode.PutRecords);
        var relay = (await world.StartAsync()).Node.Calls.Kinesis;
        var now = await relay.GetClocksAsync();
        _time.Advance(TimeSpan.FromSeconds(1));

        var until = new SiloTime(now.Uptime + TimeSpan.FromSeconds(uptime), now.Wall + TimeSpan.FromSeconds(wall));
        var answer = await relay.PutOrderedAsync(NodeWorld.Stream, Entries(1), after: null, until);
        Assert.Equal(isMade ? 1 : null, answer?.Count);
        Assert.Equal(isMade ? 1 : 0, world.Kinesis.Calls.Count);
    }

    /// <summary>Settings roll out one silo at a time.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, true, 1)]
    [InlineData(OrderedMode.PutRecords, false, 1)]
    [InlineData(OrderedMode.PutRecord, true, 2)]
    [InlineData(OrderedMode.PutRecords, true, 1, "123")]
    public async Task ACall_ThatDoesNotFitHowTheStreamIsKeptInOrderThere_IsNotMade(OrderedMode there, bool isOrdered, int entries, string? after = null)
    {
        await using var world = World(there);
        var relay = (await world.StartAsync()).Node.Calls.Kinesis;
        var until = (await relay.GetClocksAsync()).After(TimeSpan.FromSeconds(2));
        await AssertNotMadeAsync(() => isOrdered
            ? relay.PutOrderedAsync(NodeWorld.Stream, Entries(entries), after, until) : relay.PutRecordsAsync(NodeWorld.Stream, Entries(entries)));
        Assert.Empty(world.Kinesis.Calls);
    }

    /// <summary>A silo that is taken for lost may live, and make the call yet: records that came after these must not overtake them.</summary>
    [Fact]
    public async Task WhereTheOtherSiloIsLost_TheOwnerWaits_UntilItWouldNotBeginTheCallAnyMore()
    {
        await using var world = World(OrderedMode.PutRecords);
        var (owner, other) = await BlindAsync(world);
        var lost = DateTimeOffset.MaxValue;
        other.BeforeOrderedPut = () =>
        {
            other.BeforeOrderedPut = static () => Task.CompletedTask;
            lost = _time.GetUtcNow();
            throw new IOException("the silo is dead");
        };
        var put = owner.PutAsync(1);
        await world.PassAsync(put);
        Assert.True(Assert.Single(await put).IsSuccess);
        Assert.True(_time.GetUtcNow() - lost >= TimeSpan.FromSeconds(1.9), $"{_time.GetUtcNow() - lost}");
    }

    /// <summary>A pause of two seconds sent the next call into the hole, where it hung for as long as a request may take, and the shard with it.</summary>
    [Fact]
    public async Task ACall_ThatTheOnlyOtherSiloWouldBeginTooLate_IsTriedThereAgain()
    {
        await using var world = World(OrderedMode.PutRecords);
        var (owner, other) = await BlindAsync(world);
        var (asked, straight) = (other.PutsOfOthers.Count, owner.Puts);
        other.BeforeOrderedPut = () =>
        {
            other.BeforeOrderedPut = static () => Task.CompletedTask;
            return Task.Delay(TimeSpan.FromSeconds(2.5), _time);
        };
        var put = owner.PutAsync(1);
        await world.PassAsync(put);
        Assert.True(Assert.Single(await put).IsSuccess);
        Assert.InRange(other.PutsOfOthers.Count, asked + 2, asked + 4);
        // One call tries the way now and then.
        Assert.InRange(owner.Puts - straight, 0, 1);
    }

    /// <summary>It may be of an earlier version, which knows no such call. Nothing was sent, and a third silo is asked at once.</summary>
    [Fact]
    public async Task ASilo_ThatDoesNotTellItsClocks_IsSentNothing_AndAThirdOneIsAsked()
    {
        await using var world = World(OrderedMode.PutRecords);
        var (owner, other) = await BlindAsync(world);
        var third = await world.StartAsync();
        other.IsSilent = true;
        for (var i = 0; i < 4; i++)
        {
            var put = owner.PutAsync(1);
            await world.PassAsync(put);
            var result = Assert.Single(await put);
            Assert.True(result.IsSuccess, result.ToString());
            // Nothing was sent: a call asks no further silo only where seconds have passed.
            Assert.All(result.Attempts.SkipLast(1), static a => Assert.Equal(RecordErrorCodes.ConnectionFailed, a.ErrorCode));
        }

        Assert.True(third.PutsOfOthers.Count >= 3);
    }

    /// <summary>Straight the call would hang, and hold up what the other silo may take soon.</summary>
    [Fact]
    public async Task WhereTheOnlyOtherSiloDoesNotTellItsClocks_TheCallIsPutOff()
    {
        await using var world = World(OrderedMode.PutRecords);
        var (owner, other) = await BlindAsync(world);
        var straight = owner.Puts;
        other.IsSilent = true;
        var put = owner.PutAsync(1);
        var asked = _time.GetUtcNow() + TimeSpan.FromSeconds(3);
        await _time.PassUntilAsync(() => _time.GetUtcNow() >= asked, Step);
        Assert.Equal(straight, owner.Puts);

        other.IsSilent = false;
        await world.PassAsync(put);
        var result = Assert.Single(await put);
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal("No other silo takes the call now.", result.Attempts[0].ErrorMessage);
    }

    private static PutRecordsEntry[] Entries(int count) => [.. Enumerable.Repeat(new PutRecordsEntry(new byte[1], "key"u8.ToArray(), 0), count)];

    private static async Task AssertNotMadeAsync(Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<KinesisException>(call);
        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed), (refused.Kind, refused.Code));
    }

    private static async Task ExpireAsync(NodeWorld world, Task<RecordResult[]> put)
    {
        await world.PassAsync(put);
        Assert.Equal(RecordErrorCodes.Expired, Assert.Single(await put).ErrorCode);
    }

    private NodeWorld World(OrderedMode mode, Action<KplOptions>? configure = null)
    {
        var rows = new FailingRows { OnWrite = (kind, _) => kind == SiloLease.Kind && _isTableAway ? new StateStoreException("the table is away") : null };
        return new(shards: 1, o =>
        {
            o.Ordered = mode;
            configure?.Invoke(o);
        }) { Time = _time, Rows = rows };
    }

    /// <summary>Starts two silos, and cuts the one that owns the shard off from Kinesis; the other one makes its calls.</summary>
    private static async Task<(WorldSilo Owner, WorldSilo Other)> BlindAsync(NodeWorld world)
    {
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await world.PassAsync(silos[0].DeliverAsync(1));
        var owner = silos.Single(static s => s.Node.Hosted.Count == 1);
        owner.ReachesKinesis = false;
        await world.PassAsync(owner.DeliverAsync(1));
        return (owner, silos.Single(s => s != owner));
    }
}

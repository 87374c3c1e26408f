using Orleans.Kpl.Lanes.Accepting;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Tests.Accepting;

public sealed class ClientHorizonTests : IDisposable
{
    private const long Ttl = 30 * TimeSpan.TicksPerSecond;

    private static readonly (UInt128 First, UInt128 Last) Lower = (0, UInt128.MaxValue / 2), Upper = (UInt128.MaxValue / 2 + 1, UInt128.MaxValue);

    private readonly FakeTimeProvider _time = new();
    private readonly TimerQueue _timers;
    private readonly ClientHorizon _horizon;

    public ClientHorizonTests()
    {
        var clock = new MonotonicClock(_time);
        _timers = new TimerQueue(clock, static e => throw e);
        _horizon = new ClientHorizon(_timers, clock, Ttl, isOrdered: false);
    }

    public void Dispose() => _timers.Dispose();

    [Fact]
    public void AShard_IsFullUntilAllItsMessagesAreTaken_ThenLetsPortionsIn_UntilNobodyHasToWait()
    {
        var (first, second) = (Message(Lower), Message(Lower));
        _horizon.Add(first);
        _horizon.Add(second);
        _horizon.Remove(first);
        Assert.False(PassAndEnter(1));
        Assert.Null(_horizon.Gates.Find(UInt128.MaxValue));
        _horizon.Remove(second);
        Assert.False(TryEnter(1));

        Assert.True(PassAndEnter(ClientHorizon.FirstPortion - 1));
        Assert.True(TryEnter(1_000_000));
        Assert.False(TryEnter(1));
        // A record that was larger than what was left takes its room of the next portions.
        Assert.False(PassAndEnter(1));
        for (var quiet = 0; quiet <= ClientHorizon.QuietPortions + 4; quiet++)
            _time.Advance(ClientHorizon.Interval);
        Assert.True(_horizon.Gates.IsEmpty);
    }

    [Fact]
    public void WhileSomebodyHasToWait_PortionsGrow_AndAShardWhoseRecordsComeBackAgainHasHalf()
    {
        var message = Message(Lower);
        _horizon.Add(message);
        _horizon.Remove(message);
        for (var portion = 0; portion < 5; portion++)
        {
            Assert.True(PassAndEnter(Gate.Portion));
            Assert.False(TryEnter(1));
        }

        var before = Gate.Portion;
        Assert.True(before > ClientHorizon.FirstPortion);
        _horizon.Add(message);

        Assert.Equal(before / 2, Gate.Portion);
        Assert.False(PassAndEnter(1));
    }

    /// <summary>A caller in a loop filled the memory before the first answer: with what two shards take in two minutes.</summary>
    [Fact]
    public void AtTheStart_NoMoreWaitsThanOneShardTakesInHalfTheTimeToLive()
    {
        const long Room = 15 << 20;
        Assert.True(_horizon.TryEnter(_horizon.Start, Room));
        _horizon.Accepted(Room);
        Assert.False(_horizon.TryEnter(_horizon.Start, 1));
        var taken = Message(null);
        _horizon.Remove(taken);
        Assert.True(_horizon.TryEnter(_horizon.Start, taken.DataBytes));
        _horizon.Accepted(taken.DataBytes);
        Assert.False(_horizon.TryEnter(_horizon.Start, 1));
        _time.Advance(ClientHorizon.StartTime);
        _horizon.Remove(Message(null));
        Assert.True(_horizon.TryEnter(_horizon.Start, 100 * Room));
    }

    [Fact]
    public void AParentsShard_DoesNotHideItsChild()
    {
        _horizon.Add(Message((0, UInt128.MaxValue)));
        _horizon.Add(Message(Lower));
        _horizon.Add(Message(Upper));
        Assert.Equal([Lower, Upper], new UInt128[] { 0, UInt128.MaxValue }.Select(h => _horizon.Gates.Find(h)!.Shard));
    }

    [Fact]
    public async Task WhoWaits_IsLetInInTurn_OrCancelled_OrTurnedAway()
    {
        var message = Message(Lower);
        _horizon.Add(message);
        using var cancel = new CancellationTokenSource();
        var (cancelled, waiting, last) = (EnterAsync(1, cancel.Token), EnterAsync(2 * ClientHorizon.FirstPortion), EnterAsync(1));
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        _time.Advance(ClientHorizon.Interval);
        Assert.False(waiting.IsCompleted);
        _horizon.Remove(message);
        _time.Advance(ClientHorizon.Interval);
        await waiting.WaitAsync(Waiting.Long);
        Assert.False(last.IsCompleted || TryEnter(1));
        _time.Advance(2 * ClientHorizon.Interval);
        await last.WaitAsync(Waiting.Long);

        _horizon.Add(message);
        waiting = EnterAsync(1);
        _horizon.Close("the producer ends");
        Assert.Contains("the producer ends", (await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Waiting.Long))).Message);
    }

    private ShardGate Gate => _horizon.Gates.Find(0)!;

    private static OutgoingMessage Message((UInt128 First, UInt128 Last)? shard)
    {
        var message = Numbered.Message(expiresAt: Ttl);
        message.FullShard = shard;
        return message;
    }

    private bool PassAndEnter(long bytes)
    {
        _time.Advance(ClientHorizon.Interval);
        return TryEnter(bytes);
    }

    private bool TryEnter(long bytes) => _horizon.TryEnter(Gate, bytes);

    private Task EnterAsync(long bytes, CancellationToken cancellationToken = default) => _horizon.EnterAsync(Gate, bytes, cancellationToken);
}

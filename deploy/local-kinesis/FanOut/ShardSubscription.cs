using System.IO.Pipelines;
using System.Threading.Channels;
using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.FanOut;

/// <summary>
/// One consumer's subscription to one shard, from its call to its end: after 5 minutes, at the end of the shard, or when the consumer,
/// the stream or another subscription ends it. One task pushes; everybody else only tells it that there may be something to do.
/// </summary>
internal sealed class ShardSubscription : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>How long a client that does not read holds up the end of its subscription.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly StreamConsumer _consumer;
    private readonly Shard _shard;
    private readonly EndpointClock _clock;
    private readonly SubscriptionEvents _events;
    private readonly long _expiresAtTicks;

    // Holds one token at most: telling it twice before it looks is telling it once, and telling it while it works is not lost.
    private readonly Channel<bool> _told = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _cut;
    private readonly SubscriptionFailure? _failure;
    private KinesisException? _error;

    /// <summary>A subscription that is in force from now on; its events are pushed by <see cref="PushAsync"/>.</summary>
    public ShardSubscription(StreamConsumer consumer, Shard shard, SubscriptionEvents events, SubscriptionFailure? failure, long nowTicks)
    {
        (_consumer, _shard, _events, _failure, _expiresAtTicks) = (consumer, shard, events, failure, nowTicks + Lifetime.Ticks);
        _clock = shard.Stream.Settings.Clock;
        _cut = new(Lifetime + Grace, _clock.Provider);
        _timer = _clock.Provider.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        shard.Changed += Tell;
    }

    /// <summary>Ends it with an error, which is its last event where the client still reads.</summary>
    public void End(KinesisException error)
    {
        Interlocked.CompareExchange(ref _error, error, null);
        _cut.CancelAfter(Grace);
        Tell();
    }

    /// <summary>Pushes events until it ends.</summary>
    /// <exception cref="OperationCanceledException">The client or the endpoint is gone, or the client did not read to the end in time.</exception>
    public async Task PushAsync(PipeWriter output, EventStreamWriter writer, CancellationToken gone)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, _cut.Token);
        for (var sent = 0;;)
        {
            var now = _clock.NowTicks;
            _shard.Stream.Settle(now);
            if ((Volatile.Read(ref _error) ?? _failure?.After(sent) ?? Missing()) is { } error)
            {
                await output.WriteAsync(SubscriptionEvents.Exception(writer, error), either.Token);
                return;
            }
            if (now >= _expiresAtTicks) return;
            if (_events.TryNext(writer, now, out var untilTicks))
            {
                await output.WriteAsync(writer.End(), either.Token);
                if (_events.IsAtEnd) return;
                sent++;
                continue;
            }
            Arm(Math.Min(Math.Min(untilTicks, _expiresAtTicks), _shard.Stream.NextDueTicks));
            await _told.Reader.ReadAsync(either.Token);
        }
    }

    public void Dispose()
    {
        _shard.Changed -= Tell;
        lock (_shard.Stream.Lock) _consumer.Slot(_shard, _clock.NowTicks).Release(this);
        _timer.Dispose();
        _cut.Dispose();
    }

    /// <summary>Its stream is being deleted, or is gone.</summary>
    private KinesisException? Missing() => _shard.Stream.Status is StreamStatus.Deleting or StreamStatus.Deleted
        ? KinesisErrors.ResourceNotFound(_shard.Stream.Name) : null;

    private void Tell() => _told.Writer.TryWrite(true);

    /// <summary>Arms the timer for an instant: once more when the clock moved on between looking at it and arming.</summary>
    private void Arm(long atTicks)
    {
        long now;
        do
        {
            now = _clock.NowTicks;
            if (atTicks <= now)
            {
                Tell();
                return;
            }
            // Timers count whole milliseconds: one that fires too early would fire again and again.
            var milliseconds = (atTicks - now + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
            _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
        }
        while (_clock.NowTicks - now > TimeSpan.TicksPerMillisecond);
    }
}

/// <summary>
/// The one subscription that a consumer may have to a shard. A call within 5 s of the last successful one is refused, also when that
/// subscription is over; a later one takes over (AWS, "SubscribeToShard"). Callers hold the stream's lock.
/// </summary>
internal sealed class SubscriptionSlot(long nowTicks)
{
    private static readonly TimeSpan Exclusive = TimeSpan.FromSeconds(5);

    private long? _startedAtTicks;

    /// <summary>The subscription that is open, if one is.</summary>
    public ShardSubscription? Current { get; private set; }

    /// <summary>The consumer's throughput from the shard, whichever subscription uses it.</summary>
    public SubscriptionRate Rate { get; } = new(nowTicks);

    /// <summary>Throws ResourceInUseException when a subscription started less than 5 s ago.</summary>
    public void Check(string title, long nowTicks)
    {
        if (_startedAtTicks is { } started && nowTicks - started < Exclusive.Ticks) throw KinesisErrors.ResourceInUse(InUse(title));
    }

    /// <summary>Takes the slot over; a subscription that had it ends with ResourceInUseException.</summary>
    public void Take(ShardSubscription subscription, string title, long nowTicks)
    {
        Current?.End(KinesisErrors.ResourceInUse(InUse(title)));
        (Current, _startedAtTicks) = (subscription, nowTicks);
    }

    /// <summary>The subscription is over; another one may have the slot by now.</summary>
    public void Release(ShardSubscription subscription)
    {
        if (ReferenceEquals(Current, subscription)) Current = null;
    }

    private static string InUse(string title) => $"Another active subscription exists for this consumer: {title}";
}

/// <summary>An error that a fault lets a subscription end with.</summary>
/// <param name="Events">So many events come before it.</param>
internal sealed record SubscriptionFailure(int Events, KinesisException Error)
{
    /// <summary>The error, once so many events were sent.</summary>
    public KinesisException? After(int sent) => sent >= Events ? Error : null;
}

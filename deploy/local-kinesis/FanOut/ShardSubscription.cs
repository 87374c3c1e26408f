using System.IO.Pipelines;
using System.Threading.Channels;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;
using Orleans.Kpl.LocalKinesis.Wire.EventStreams;

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
        lock (_shard.Stream.Gate) _consumer.Slot(_shard, _clock.NowTicks).Release(this);
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

using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Records that other silos sent here and that are not passed on yet: this silo's shard map may be older than theirs. The map is read, and then
/// they are routed again. Without it, two silos with different maps would take each other for the owner, and pass the records back and forth.
/// </summary>
internal sealed class HeldRecords(StreamPipeline stream)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly FrameQueue _held = new();
    private readonly CancellationTokenSource _stop = new();
    private bool _isWaiting;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _held.IsEmpty;
        }
    }

    /// <summary>Takes over a record.</summary>
    public void Add(in IncomingRecord record)
    {
        lock (_lock)
        {
            _held.Add(record);
            if (_isWaiting)
                return;
            _isWaiting = true;
        }

        _ = Task.Run(ReleaseLaterAsync);
    }

    /// <summary>Routes the records at once, because the map has changed.</summary>
    public void Release()
    {
        List<QueuedFrame> held;
        lock (_lock)
            held = _held.TakeAll();
        RouteAgain(held);
    }

    /// <summary>When the oldest of the records was accepted.</summary>
    public long OldestAcceptedAt()
    {
        lock (_lock)
            return _held.OldestAcceptedAt();
    }

    /// <summary>Stops waiting. Called when the stream routes no more: its records then end.</summary>
    public void Stop() => _stop.Cancel();

    private async Task ReleaseLaterAsync()
    {
        var backoff = new Backoff(FirstWait, LastWait);
        while (true)
        {
            // Readings have a pace of their own. One that fails is repeated, and records are not held until it succeeds.
            Task reading = stream.Shards.ReadMapAsync();
            await Task.Delay(backoff.Next(), stream.Clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await reading.WaitAsync(LastWait, stream.Clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Release();
            lock (_lock)
            {
                if (!_held.IsEmpty)
                    continue;
                _isWaiting = false;
                return;
            }
        }
    }

    private void RouteAgain(List<QueuedFrame> frames)
    {
        var now = stream.Clock.Now;
        foreach (var frame in frames)
        {
            foreach (var held in frame.Records)
                (held.Member.Sink as ForwardedBatchSink)?.NoteHeld();
            stream.Forwarding.End(ForwardedOutcomes.Expired(frame, now, stream.Clock.ToUtc(now)));
            frame.RouteAgain(stream, ifLaterThan: now);
        }
    }
}

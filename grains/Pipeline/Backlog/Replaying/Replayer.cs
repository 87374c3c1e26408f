using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Replaying;

/// <summary>
/// Replays waiting segments into the engines in the order of their numbers, as fast as the <see cref="ReplayWindow"/> and the memory limit allow. It
/// reads a few segments ahead.
/// </summary>
internal sealed class Replayer(PipelineSettings settings, IPipelineEvents events, MonotonicClock clock, TimerQueue timers) : TimerEntry
{
    /// <summary>How many segments are read ahead: so many in any case, and more while they are small. A store takes its time for each.</summary>
    private const int ReadAhead = 4;
    private const int MostReadAhead = 32;
    private const long SmallReadAhead = 1 << 20;

    /// <summary>The interval of checks for free memory or for the end of a pause, of which the replayer is not notified.</summary>
    private const long LookEvery = 10 * TimeSpan.TicksPerMillisecond;

    /// <summary>The time until what has thrown is tried again.</summary>
    private const long RetryAfter = TimeSpan.TicksPerSecond;

    private readonly Lock _lock = new();
    private readonly ReplayWindow _window = new();
    private readonly Queue<(LogSegment Segment, Task<PackedRecords?> Reading)> _reading = [];
    private IReplaySource _source = null!;
    private List<SegmentIndex> _indexes = [];
    private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private double _inFlight;
    private int _underWay;
    private bool _running;
    private volatile bool _stopped;

    internal override int Rank => 3;

    /// <summary>Gets the number of segments that left the store's queue and are not in the engines yet.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Gets how many bytes are to be let out together.</summary>
    public double PartBytes
    {
        get
        {
            lock (_lock)
                return _window.PartBytes;
        }
    }

    /// <summary>Sets the source that reads segments and routes their records. Must be called before everything else.</summary>
    public void Start(IReplaySource source) => _source = source;

    /// <summary>Adds a log that has something to replay.</summary>
    public void Add(SegmentIndex index)
    {
        lock (_lock)
            _indexes = [.. _indexes, index];
        Wake();
    }

    /// <summary>Removes a log: nothing of it is replayed any more.</summary>
    public void Remove(SegmentIndex index)
    {
        lock (_lock)
            _indexes = [.. _indexes.Where(i => i != index)];
    }

    /// <summary>Checks again for segments to replay, because something has changed.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            if (_stopped)
                return;
            if (!_running)
            {
                _running = true;
                ThreadPool.UnsafeQueueUserWorkItem(static r => _ = r.RunAsync(), this, preferLocal: false);
            }
            else
            {
                Signal();
            }
        }
    }

    public void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
            timers.Cancel(this);
            Signal();
        }
    }

    public void Delivered(double bytes, long letOutAt, long attempt, bool again)
    {
        lock (_lock)
        {
            _inFlight -= bytes;
            if (again)
                _window.OnFailed(clock.Now);
            else
                _window.OnDelivered(bytes, clock.Now - letOutAt - attempt);
            if (_running && _inFlight < _window.Bytes)
                Signal();
        }
    }

    public void Failed(double bytes)
    {
        lock (_lock)
        {
            _inFlight -= bytes;
            _window.OnFailed(clock.Now);
            if (_running)
                Signal();
        }
    }

    /// <summary>Waits until the window and the memory limit allow so many bytes to be replayed. Returns null when the replayer has stopped.</summary>
    public async ValueTask<ReplayPart?> EnterAsync(long bytes, int records)
    {
        while (!_stopped)
        {
            Task changed;
            lock (_lock)
            {
                var isFull = _inFlight >= 1 && _inFlight + bytes > _window.Bytes;
                if (!isFull && _source.TryLetOut(bytes, records, isProbe: _inFlight < 1))
                {
                    _inFlight += bytes;
                    return new ReplayPart(this, bytes / (double)records, clock.Now);
                }

                changed = Changed(isFull ? long.MaxValue : clock.Now + LookEvery);
            }

            await changed.ConfigureAwait(false);
        }

        return null;
    }

    internal override void OnDue(long now) => Wake();

    /// <remarks>Nobody awaits it. Whatever is thrown, the replay goes on: were it to end, an ordered stream would take nothing more for good.</remarks>
    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                Fill();
                if (_reading.TryDequeue(out var next))
                {
                    try
                    {
                        await ReplayAsync(next.Segment, next.Reading).ConfigureAwait(false);
                    }
                    finally
                    {
                        Interlocked.Decrement(ref _underWay);
                    }

                    continue;
                }

                Task changed;
                lock (_lock)
                {
                    var (any, wakeAt) = LookAhead();
                    if (any && !_stopped)
                        continue;
                    if (_stopped || wakeAt == long.MaxValue)
                    {
                        _running = false;
                        return;
                    }

                    changed = Changed(wakeAt);
                }

                await changed.ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _running = false;
                if (!_stopped)
                    timers.Schedule(this, clock.Now + RetryAfter);
            }

            events.Unexpected("the replay of the backlog", e);
        }
    }

    /// <summary>Replays a segment, or queues it again.</summary>
    private async Task ReplayAsync(LogSegment segment, Task<PackedRecords?> reading)
    {
        try
        {
            if (await reading.ConfigureAwait(false) is { } records && !_stopped)
            {
                await _source.ReplayAsync(segment, records).ConfigureAwait(false);
                return;
            }
        }
        catch
        {
            segment.NotBefore = clock.Now + RetryAfter;
            await ParkAsync(segment).ConfigureAwait(false);
            throw;
        }

        await ParkAsync(segment).ConfigureAwait(false);
    }

    /// <summary>Starts to read the next segments.</summary>
    private void Fill()
    {
        while (ReadsMore && !_stopped)
        {
            Interlocked.Increment(ref _underWay);
            if (TakeNext() is not { } next)
            {
                Interlocked.Decrement(ref _underWay);
                return;
            }

            _reading.Enqueue((next, ReadAsync(next)));
        }
    }

    /// <summary>Reads a segment. Whatever the source throws is in the task: thrown before the segment is in the queue, it would lose it.</summary>
    private async Task<PackedRecords?> ReadAsync(LogSegment segment) => await _source.ReadAsync(segment).ConfigureAwait(false);

    private bool ReadsMore =>
        _reading.Count < ReadAhead || (_reading.Count < MostReadAhead && _reading.Sum(static r => (long)r.Segment.Bytes) < SmallReadAhead);

    private LogSegment? TakeNext()
    {
        foreach (var index in Volatile.Read(ref _indexes))
        {
            if (index.TakeReady(clock.Now, settings.KeepsOrder) is { } next)
                return next;
            if (settings.KeepsOrder && index.HasParked)
                return null;
        }

        return null;
    }

    /// <summary>
    /// Queues a segment again that could not be read. In an ordered stream, the segments read after it go back as well, and those whose reading threw too.
    /// </summary>
    private async Task ParkAsync(LogSegment segment)
    {
        _source.ParkAgain(segment);
        while (settings.KeepsOrder && _reading.TryDequeue(out var after))
        {
            await ((Task)after.Reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Decrement(ref _underWay);
            _source.ParkAgain(after.Segment);
        }
    }

    private (bool Any, long WakeAt) LookAhead()
    {
        var wakeAt = long.MaxValue;
        foreach (var index in _indexes)
        {
            if (index.IsReady(clock.Now, settings.KeepsOrder, out var due))
                return (true, 0);
            wakeAt = Math.Min(wakeAt, due);
            // As where the next segment is taken: in an ordered stream, what waits in one log comes before all later logs.
            if (settings.KeepsOrder && index.HasParked)
                break;
        }

        return (false, wakeAt);
    }

    private Task Changed(long atTheLatest)
    {
        // Stopped between its caller's check and the lock: the last signal has been.
        if (_stopped)
            return Task.CompletedTask;
        _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (atTheLatest != long.MaxValue)
            timers.Schedule(this, atTheLatest);
        return _signal.Task;
    }

    private void Signal() => _signal.TrySetResult();
}

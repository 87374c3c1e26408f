using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>
/// Collects records of all callers of a stream into segments and writes them: one segment at a time while the store keeps up, several while full ones
/// wait. A write that is not acknowledged is repeated, with the same bytes under the same number, until it is.
/// </summary>
/// <remarks>
/// A segment is open, then closed, then being written, then acknowledged. If the store does not take it, its records are handed on
/// (<see cref="ICommitHost.NotWritten"/>), once. A segment whose write was not begun is then forgotten. The store may have the bytes of a
/// segment that is being written: the write is repeated until that is known, and its late acknowledgement marks the records delivered
/// meanwhile as done. What a caller adds is either written or handed on: the state is checked and changed under the lock that guards the segments.
/// </remarks>
/// <param name="delay">How long a segment waits for more records while nothing is being written.</param>
/// <param name="inOrder">Whether each segment is handed on before the next is written.</param>
/// <param name="events">Events for operators.</param>
/// <param name="numbers">The producer numbers of records that are written; null where they have none.</param>
internal sealed partial class GroupCommit(
    TimeSpan delay, bool inOrder, IPipelineEvents events, MonotonicClock clock, TimerQueue timers, NumberLine? numbers = null) : TimerEntry
{
    /// <summary>The time without an acknowledgement after which a store counts as down.</summary>
    public const long DownAfter = 2 * TimeSpan.TicksPerSecond;

    /// <summary>The maximum size of a segment in bytes while the log is not open: every store accepts it.</summary>
    private const int LeastSegmentBytes = 256 << 10;

    private const int KeptWriters = 4;

    private readonly Lock _lock = new();
    private readonly UnwrittenSegments _segments = new();
    private readonly ConcurrentBag<SegmentWriter> _writers = [];
    private readonly CancellationTokenSource _stop = new();
    private ICommitHost _host = null!;
    private SegmentIndex? _index;
    private int _maxBytes = LeastSegmentBytes;
    private volatile StoreState _state;
    private bool _hurries;

    internal override int Rank => 2;

    /// <summary>Gets whether the store takes segments; also <see cref="StoreState.Good"/> before a log is open.</summary>
    public StoreState State => _state;

    /// <summary>Gets why the store cannot be used; null where it can.</summary>
    public string? Error { get; private set; }

    /// <summary>Looks at the segments that the store is not known to have.</summary>
    public T Look<T>(Func<UnwrittenSegments, T> look)
    {
        lock (_lock)
            return look(_segments);
    }

    /// <summary>Sets the host that handles the outcomes of segments. Must be called before everything else.</summary>
    public void Start(ICommitHost host) => _host = host;

    /// <summary>Sets the open log. From now on segments are written to it.</summary>
    public void Open(SegmentIndex index)
    {
        lock (_lock)
        {
            _index = index;
            _maxBytes = index.Log.TargetSegmentBytes;
            Settle(clock.Now);
        }

        Became(StoreState.Good, null);
    }

    /// <summary>Notes that the log could not be opened yet.</summary>
    public void NotOpened(string why) => Error = why;

    /// <summary>Adds a record, unless the store takes none.</summary>
    /// <param name="acceptedAt">When it was accepted, in unix milliseconds.</param>
    /// <param name="fate">What happens to it once it is written.</param>
    /// <param name="goesBehind">Whether it must not overtake what waits here: it is then refused only where nothing is written any more.</param>
    /// <returns>False when it was refused: its caller keeps it.</returns>
    public bool TryAdd(in IncomingRecord record, long acceptedAt, PendingFate fate, bool goesBehind = false)
    {
        lock (_lock)
        {
            if (!Takes(goesBehind))
                return false;
            AddOne(record, acceptedAt, fate);
            Settle(clock.Now);
            return true;
        }
    }

    /// <summary>Adds the records of a batch, one after the other, or none of them.</summary>
    /// <inheritdoc cref="TryAdd(in IncomingRecord, long, PendingFate, bool)"/>
    public bool TryAdd(PreparedBatch batch, long acceptedAt, PendingFate fate, bool goesBehind = false)
    {
        lock (_lock)
        {
            if (!Takes(goesBehind))
                return false;
            for (var pick = 0; pick < batch.Count; pick++)
                AddOne(batch.Record(pick), acceptedAt, fate);
            Settle(clock.Now);
            return true;
        }
    }

    /// <summary>Adds a record in any state. It is handed on where the store does not take it.</summary>
    public void Add(in IncomingRecord record, long acceptedAt, PendingFate fate)
    {
        bool isWritten;
        lock (_lock)
        {
            AddOne(record, acceptedAt, fate);
            if (_state == StoreState.Stopped)
                TakeAll();
            Settle(clock.Now);
            isWritten = _state == StoreState.Good;
        }

        if (!isWritten)
            HandOn();
    }

    /// <summary>From now on writes segments without delay. Segments that the store does not take are handed on.</summary>
    public void Expedite()
    {
        lock (_lock)
        {
            if (IsHeldBack)
                TakeAll();
            _hurries = true;
            Settle(clock.Now);
        }

        HandOn();
    }

    /// <summary>Writes what was held back, if there is room for it now.</summary>
    public void MadeRoom()
    {
        lock (_lock)
            Settle(clock.Now);
    }

    /// <summary>Stops writing. Segments that the store is not known to have are handed on.</summary>
    public void Stop(string why)
    {
        _stop.Cancel();
        GiveUp(StoreState.Stopped, why);
    }

    /// <summary>
    /// Gives up a log that another process owns now; a new one will be opened. Segments that the log is not known to have are handed on. Writes to it
    /// that are under way complete by themselves: the fence refuses them.
    /// </summary>
    public void Abandon(string why) => GiveUp(StoreState.Down, why);

    /// <summary>Releases the memory of a segment that was handed on.</summary>
    public void Release(PendingSegment segment)
    {
        segment.Writer.Reset();
        // One of before the log was open makes smaller segments.
        if (_writers.Count < KeptWriters && _state == StoreState.Good && segment.Writer.MaxBytes == Volatile.Read(ref _maxBytes))
            _writers.Add(segment.Writer);
        else
            segment.Writer.Dispose();
    }

    internal override void OnDue(long now)
    {
        bool handsOn;
        lock (_lock)
        {
            if (_state == StoreState.Stopped)
                return;
            // The check and the change of state are one step. An acknowledgement before it leaves no segment silent; one after it makes the state
            // good again. In two steps, the store could stay down for good with no write under way that would find otherwise.
            handsOn = DownAt() <= now && Set(
                StoreState.Down, Error ?? $"a write was not acknowledged within {TimeSpan.FromTicks(DownAfter).TotalSeconds:0} s");
            handsOn |= HandOnAt() <= now;
            Settle(now);
        }

        Tell();
        if (handsOn)
            HandOn();
    }

    private void GiveUp(StoreState state, string why)
    {
        lock (_lock)
        {
            TakeAll();
            _segments.Writing.Clear();
            timers.Cancel(this);
            _index = null;
            _maxBytes = LeastSegmentBytes;
            Set(state, why);
        }

        Tell();
        HandOn();
    }

    private void AddOne(in IncomingRecord record, long acceptedAt, PendingFate fate)
    {
        if (_segments.Open is { } open && !(inOrder && open.IsApart(record) && MayWaitLong) && open.TryAdd(record, acceptedAt, fate))
            return;
        CloseOpen();
        _segments.Open = new PendingSegment(_writers.TryTake(out var writer) ? writer : new SegmentWriter(_maxBytes), clock.Now, numbers);
        _segments.Open.TryAdd(record, acceptedAt, fate);
    }

    /// <summary>Whether a record that is added now may wait here for as long as it lives: a store that is slow may soon be down.</summary>
    private bool MayWaitLong => _index is null || _state != StoreState.Good || IsHeldBack || _segments.SilentSince < clock.Now - DownAfter / 8;

    private void CloseOpen()
    {
        if (_segments.Open is null)
            return;
        _segments.Closed.Enqueue(_segments.Open);
        _segments.Open = null;
        numbers?.Tell();
    }

    /// <summary>Starts the writes that may start, then schedules the next wake-up.</summary>
    private void Settle(long now)
    {
        if (_segments.Open is { } open && CanWrite && _segments.Count == 1 && (_hurries || open.OpenedAt + delay.Ticks <= now))
            CloseOpen();
        while (CanWrite && _segments.Closed.TryDequeue(out var closed))
            Begin(closed, now);
        var wakeAt = Math.Min(DownAt(), HandOnAt());
        if (_segments is { Open: { } next, Writing.Count: 0 } && CanWrite)
            wakeAt = Math.Min(wakeAt, next.OpenedAt + delay.Ticks);
        if (wakeAt != long.MaxValue)
            timers.Schedule(this, wakeAt);
    }

    private bool CanWrite =>
        _index is { Log.MaxAppends: var most } && _state != StoreState.Stopped && !(inOrder && (_isHandingOn || _segments.Leaving.Count > 0 || IsHeldBack))
        && (_segments.Writing.Count == 0 || (!inOrder && _segments.Window < most));

    /// <summary>Returns when the store will have been silent for too long; never where no segment waits for it.</summary>
    private long DownAt()
    {
        if (_state != StoreState.Good)
            return long.MaxValue;
        if (_segments.Writing.Count > 0)
            return _segments.SilentSince is var since && since < long.MaxValue ? since + DownAfter : long.MaxValue;
        var oldest = _segments.OldestToWrite;
        return _index is null && oldest is not null ? oldest.OpenedAt + DownAfter : long.MaxValue;
    }

    private void Begin(PendingSegment segment, long now)
    {
        segment.SilentSince = now;
        segment.Assign(_index!.Begin());
        _segments.Writing.Add(segment.InLog!.Number, segment);
        ThreadPool.UnsafeQueueUserWorkItem(static w => _ = w.Commit.WriteAsync(w.Segment), (Commit: this, Segment: segment), preferLocal: false);
    }

    /// <summary>Writes a segment. Nobody awaits it, so no exception leaves it.</summary>
    private async Task WriteAsync(PendingSegment segment)
    {
        try
        {
            await WriteUntilHeardAsync(segment).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            events.Unexpected("writing the backlog", e);
        }
    }

    private async Task WriteUntilHeardAsync(PendingSegment segment)
    {
        // The segment belongs to the log for which its write was begun. That log may be lost by now, and the number means nothing in the next one.
        var inLog = segment.InLog!;
        var index = inLog.Index;
        try
        {
            var bytes = segment.Encode();
            var backoff = StoreRetries.NewBackoff();
            while (!await TryWriteAsync(index.Log, inLog.Number, bytes).ConfigureAwait(false))
                await Task.Delay(backoff.Next(), clock.Time, _stop.Token).ConfigureAwait(false);
            index.Weigh(inLog, bytes.Length);
        }
        catch (BacklogFencedException e)
        {
            _host.Fenced(index, e);
            return;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }

        // In order, the next write may begin only when these records are in the engines: otherwise its own records could get there first.
        lock (_lock)
            segment.SilentSince = long.MaxValue;
        if (!inOrder)
            Ended(inLog);
        try
        {
            // An acknowledgement from a lost log says nothing about its successor.
            if (ReferenceEquals(index, _index))
                Became(StoreState.Good, null);

            // HandOn may process the same segment at this moment. The host decides under the segment's lock which of the two routes its records.
            _host.Acknowledged(segment);
        }
        finally
        {
            // Even after an error of the host: what waits behind must not wait for ever.
            if (inOrder)
                Ended(inLog);
        }
    }

    private async Task<bool> TryWriteAsync(ISegmentLog log, long number, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await log.AppendAsync(number, bytes, _stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is not BacklogFencedException && (e is not OperationCanceledException || !_stop.IsCancellationRequested))
        {
            Error = e.Message;
            if (e is not BacklogStoreException)
                events.Unexpected("writing the backlog", e);
            if (e is not BacklogStoreException { IsFull: true })
                return false;
            Became(StoreState.Full, e.Message);
            HandOn();
            return false;
        }
    }

    private void Ended(LogSegment inLog)
    {
        lock (_lock)
        {
            // A write to a lost log may complete after its successor was opened, which may use the same number.
            if (_segments.Writing.TryGetValue(inLog.Number, out var segment) && ReferenceEquals(segment.InLog, inLog))
                _segments.Writing.Remove(inLog.Number);
            Settle(clock.Now);
        }
    }
}

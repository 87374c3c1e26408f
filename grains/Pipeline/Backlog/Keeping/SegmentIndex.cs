using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>The segments of one log that are not done: waiting in the store, in memory, or being written.</summary>
internal sealed class SegmentIndex
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, LogSegment> _segments = [];
    private readonly SortedSet<long> _ready = [];
    private readonly PriorityQueue<LogSegment, long> _later = new();
    private readonly SortedSet<long> _halves = [];
    private readonly SegmentRuns _done = new();
    private readonly SortedSet<long> _partly = [];
    private readonly List<long> _toRemove = [];
    private long _next;
    private long _bytes;

    private SegmentIndex(ISegmentLog log) => Log = log;

    public ISegmentLog Log { get; }

    /// <summary>Called when the progress must be saved. Called often; returns at once.</summary>
    public Action Changed { get; set; } = static () => { };

    public int Segments
    {
        get
        {
            lock (_lock)
                return _segments.Count;
        }
    }

    /// <summary>Gets the number of records that waited in the segments that were found, as far as the store knew it without reading them.</summary>
    public long FoundRecords { get; private set; }

    /// <summary>Gets the bytes that the segments take in the store.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Gets the segment of the oldest record, as far as that is known; null for none.</summary>
    public LogSegment? Oldest
    {
        get
        {
            lock (_lock)
                return _segments.Values.FirstOrDefault(static s => s.OldestAt < long.MaxValue);
        }
    }

    /// <summary>Gets or sets whether another process owns the log now.</summary>
    public bool IsLost { get; set; }

    /// <summary>
    /// Makes the index of a log from what was found. Where the saved progress cannot be read, operators are notified, and everything is delivered
    /// again rather than lost.
    /// </summary>
    public static SegmentIndex Open(string stream, ISegmentLog log, IPipelineEvents events)
    {
        LogProgress progress;
        try
        {
            progress = LogProgress.Decode(log.Progress.Span);
        }
        catch (PackedFormatException e)
        {
            events.SegmentSetAside(stream, "the progress", e.Message);
            progress = new LogProgress();
        }

        var index = new SegmentIndex(log) { _next = log.NextNumber };
        foreach (var entry in log.Found)
        {
            if (progress.IsDone(entry.Number))
            {
                index._done.Add(entry.Number);
                index._toRemove.Add(entry.Number);
                continue;
            }

            var segment = new LogSegment(index, entry.Number) { Bytes = entry.Bytes, OldestAt = entry.OldestAt };
            segment.Found(progress.Partly.GetValueOrDefault(entry.Number));
            if (entry.Count > 0)
                index.FoundRecords += segment.Counted(entry.Count);
            if (progress.Partly.ContainsKey(entry.Number))
                index._partly.Add(entry.Number);
            index._segments.Add(entry.Number, segment);
            segment.TryQueue();
            index._ready.Add(entry.Number);
            index._bytes += entry.Bytes;
        }

        index.TrimDone();
        return index;
    }

    /// <summary>Adds the segment with the next number. It is about to be written, and its bytes may be in the store from now on.</summary>
    public LogSegment Begin()
    {
        lock (_lock)
        {
            var segment = new LogSegment(this, _next++);
            _segments.Add(segment.Number, segment);
            // Whoever lost the log may have gone through the segments by now.
            if (IsLost)
                segment.WriteOff();
            return segment;
        }
    }

    /// <summary>Sets the size of a segment.</summary>
    public void Weigh(LogSegment segment, int bytes)
    {
        Interlocked.Add(ref _bytes, bytes - segment.Bytes);
        segment.Bytes = bytes;
    }

    /// <summary>Queues a segment that has records waiting and none in memory; it is tried from <see cref="LogSegment.NotBefore"/> on.</summary>
    public void Park(LogSegment segment, long now)
    {
        lock (_lock)
        {
            if (!_segments.ContainsKey(segment.Number) || !segment.TryQueue())
                return;
            _halves.Remove(segment.Number);
            if (segment.NotBefore > now)
                _later.Enqueue(segment, segment.NotBefore);
            else
                _ready.Add(segment.Number);
        }
    }

    /// <summary>
    /// Queues a segment of which some records were let out, and the others were not. Until the first ones have ended it is not tried again, or they would be
    /// let out twice; where the order counts, nothing behind it is taken meanwhile either.
    /// </summary>
    public void ParkHalf(LogSegment segment, long now)
    {
        lock (_lock)
        {
            Park(segment, now);
            if (_segments.ContainsKey(segment.Number) && segment.InMemory > 0)
                _halves.Add(segment.Number);
        }
    }

    /// <summary>Takes the first segment that may be tried.</summary>
    /// <param name="strictly">Whether only the first of all waiting segments may be taken.</param>
    public LogSegment? TakeReady(long now, bool strictly)
    {
        lock (_lock)
        {
            if (!IsReadyNow(now, strictly, out _))
                return null;
            var first = _ready.Min;
            _ready.Remove(first);
            return _segments[first];
        }
    }

    /// <summary>Returns whether a segment can be taken.</summary>
    /// <param name="strictly">Whether only the first of all waiting segments counts.</param>
    /// <param name="wakeAt">The latest time of the next check.</param>
    public bool IsReady(long now, bool strictly, out long wakeAt)
    {
        lock (_lock)
            return IsReadyNow(now, strictly, out wakeAt);
    }

    private bool IsReadyNow(long now, bool strictly, out long wakeAt)
    {
        while (_later.TryPeek(out var due, out wakeAt) && wakeAt <= now)
        {
            _later.Dequeue();
            if (_segments.ContainsKey(due.Number))
                _ready.Add(due.Number);
        }

        if (_later.Count == 0)
            wakeAt = long.MaxValue;
        return _ready.Count > 0 && !(strictly && AnyDelayedBefore(_ready.Min));
    }

    /// <summary>Gets whether segments wait in the store.</summary>
    public bool HasParked
    {
        get
        {
            lock (_lock)
                return _ready.Count > 0 || _later.Count > 0 || _halves.Count > 0;
        }
    }

    /// <summary>Returns whether segments with lower numbers wait in the store.</summary>
    public bool HasParkedBefore(long number)
    {
        lock (_lock)
            return (_ready.Count > 0 && _ready.Min < number) || AnyDelayedBefore(number);
    }

    private bool AnyDelayedBefore(long number) =>
        (_halves.Count > 0 && _halves.Min < number) || _later.UnorderedItems.Any(l => l.Element.Number < number);

    /// <summary>Notes that some record of the segment is done.</summary>
    /// <remarks>
    /// Two threads may end the last two records of a segment at once. The first one sees one record left; the second one then ends that record
    /// and removes the segment; then the first one comes here. A segment that is not here any more is done, and must not be noted again.
    /// </remarks>
    public void Touch(LogSegment segment)
    {
        if (!segment.IsNoted)
        {
            lock (_lock)
            {
                segment.IsNoted = true;
                if (_segments.ContainsKey(segment.Number))
                    _partly.Add(segment.Number);
            }
        }

        Changed();
    }

    /// <summary>Removes a segment whose records are all done, or that was moved out of the way.</summary>
    /// <param name="isThere">Whether the log still has the segment.</param>
    /// <returns>Whether segments behind it waited for it.</returns>
    public bool Over(LogSegment segment, bool isThere = true)
    {
        bool heldUp;
        lock (_lock)
        {
            if (!_segments.Remove(segment.Number))
                return false;
            _partly.Remove(segment.Number);
            _ready.Remove(segment.Number);
            heldUp = _halves.Remove(segment.Number);
            _done.Add(segment.Number);
            if (isThere)
                _toRemove.Add(segment.Number);
            TrimDone();
            Interlocked.Add(ref _bytes, -segment.Bytes);
        }

        Changed();
        return heldUp;
    }

    /// <summary>
    /// Saves the progress, then removes segments that are done. Where the progress finds no room, they are removed first: else a store that is full of
    /// them would stay full. What was saved before says less, but nothing wrong.
    /// </summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task SaveAsync()
    {
        var (progress, toRemove) = Look();
        try
        {
            await Log.SaveProgressAsync(progress, CancellationToken.None).ConfigureAwait(false);
        }
        catch (BacklogStoreException e) when (e.IsFull && toRemove.Count > 0)
        {
            await RemoveAsync(toRemove).ConfigureAwait(false);
            await Log.SaveProgressAsync(progress, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        if (toRemove.Count > 0)
            await RemoveAsync(toRemove).ConfigureAwait(false);
    }

    private async Task RemoveAsync(List<long> numbers)
    {
        await Log.RemoveAsync(numbers, CancellationToken.None).ConfigureAwait(false);
        lock (_lock)
            _toRemove.RemoveAll(new HashSet<long>(numbers).Contains);
    }

    private (byte[] Progress, List<long> ToRemove) Look()
    {
        lock (_lock)
        {
            var progress = new LogProgress { First = First(), Done = _done };
            var bytes = 0;
            foreach (var number in _partly)
            {
                // A segment that may never be written is left out: after a crash, another segment could have its number.
                if (!_segments.TryGetValue(number, out var segment) || !segment.IsDurable || segment.DoneBits() is not { } bits)
                    continue;
                progress.Partly[number] = bits;
                if ((bytes += bits.Length * 8) > LogProgress.MaxBytes)
                    break;
            }

            return (progress.Encode(), [.. _toRemove]);
        }
    }

    /// <summary>Gets whether the store holds segments that are no longer needed.</summary>
    public bool HasGarbage
    {
        get
        {
            lock (_lock)
                return _toRemove.Count > 0;
        }
    }

    /// <summary>Returns every segment that is not done.</summary>
    public List<LogSegment> All()
    {
        lock (_lock)
            return [.. _segments.Values];
    }

    private long First() => _segments.Count == 0 ? _next : _segments.First().Key;

    /// <summary>Drops the numbers below the first segment that is not done: they need not be listed.</summary>
    private void TrimDone() => _done.RemoveBelow(First());
}

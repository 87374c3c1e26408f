namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>Manages the flush generations of one stream.</summary>
internal sealed class FlushBarrier
{
    private readonly Lock _lock = new();
    private readonly Queue<FlushGeneration> _closed = [];
    private FlushGeneration _current = new();
    private Task _flushed = Task.CompletedTask;

    /// <summary>Counts accepted records into the current generation and returns it.</summary>
    public FlushGeneration Enter(int count)
    {
        FlushGeneration generation;
        do
            generation = Volatile.Read(ref _current);
        while (!generation.TryEnter(count));
        return generation;
    }

    /// <summary>The number of records without an outcome, in all generations.</summary>
    public long Open
    {
        get
        {
            lock (_lock)
                return _current.Open + _closed.Sum(static g => g.Open);
        }
    }

    /// <summary>Closes the current generation, unless it is empty; the task completes when it and all earlier ones are empty.</summary>
    public Task Close()
    {
        lock (_lock)
        {
            while (_closed.TryPeek(out var first) && first.Drained.IsCompleted)
                _closed.Dequeue();
            if (_current.Open == 0)
                return _flushed;
            var closing = _current;
            Volatile.Write(ref _current, new FlushGeneration());
            closing.Close();
            _closed.Enqueue(closing);
            return _flushed = closing.Drained.IsCompleted ? _flushed : Task.WhenAll(_flushed, closing.Drained);
        }
    }
}

/// <summary>
/// The records accepted between two flushes. A flush closes the current generation and waits until it and all earlier ones are empty, so that later
/// records cannot delay it.
/// </summary>
internal sealed class FlushGeneration
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One more than the open records until the generation is closed.
    private long _open = 1;
    private volatile bool _flushing;

    public bool IsFlushing => _flushing;

    public long Open => Volatile.Read(ref _open) - (_flushing ? 0 : 1);

    /// <summary>Completes when the generation is closed and every record of it has its outcome.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Counts records in. False when the generation has been closed and emptied in the meantime.</summary>
    public bool TryEnter(int count)
    {
        var open = Volatile.Read(ref _open);
        while (open > 0)
        {
            var seen = Interlocked.CompareExchange(ref _open, open + count, open);
            if (seen == open)
                return true;
            open = seen;
        }

        return false;
    }

    public void Leave(int count)
    {
        if (Interlocked.Add(ref _open, -count) == 0)
            _drained.TrySetResult();
    }

    /// <summary>Closes the generation; from now on its records are sent without linger.</summary>
    public void Close()
    {
        _flushing = true;
        Leave(1);
    }
}

/// <summary>The ledger of one stream.</summary>
internal class LedgerCounters
{
    private long _accepted;
    private long _delivered;
    private long _failed;
    private long _unknown;

    public void Accepted(long count) => Interlocked.Add(ref _accepted, count);

    public void Delivered(int count) => Interlocked.Add(ref _delivered, count);

    /// <summary>Counts records that failed, or whose outcome is unknown.</summary>
    public void NotDelivered(RecordStatus status, long count) => Interlocked.Add(ref status == RecordStatus.Unknown ? ref _unknown : ref _failed, count);

    /// <summary>Returns a consistent snapshot: outcomes are read before the accepted count, so the number in flight is never negative.</summary>
    public virtual StreamLedger Read()
    {
        var (delivered, failed, unknown) = (Interlocked.Read(ref _delivered), Interlocked.Read(ref _failed), Interlocked.Read(ref _unknown));
        var (kept, dead) = ReadKept();
        var accepted = Interlocked.Read(ref _accepted);
        return new StreamLedger(accepted, delivered, failed, unknown, accepted - delivered - failed - unknown - kept - dead, kept, dead);
    }

    /// <summary>Returns how many records are kept outside of memory, and how many of them for nothing; none on the plain road.</summary>
    protected virtual (long Kept, long Dead) ReadKept() => default;
}

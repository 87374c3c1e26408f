using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Fairness;

/// <summary>
/// A memory limit where callers wait by turns: each identity has its own, and within it each stream. Of what comes over a front, a stream beside others
/// takes half of the process' memory at most: so one that is stuck leaves the others theirs.
/// </summary>
internal sealed class FairMemory : MemoryLimit
{
    private readonly Lock _lock = new();
    private readonly FairQueue _queue = new();
    private readonly FairMemory? _process;
    private int _streams;

    /// <param name="maxRecords">The most records in memory; 0 for no limit.</param>
    /// <param name="process">The limit of the process, which counts this one among its streams until it is closed; null for none.</param>
    public FairMemory(long maxBytes, long maxRecords, FairMemory? process = null)
        : base(maxBytes, maxRecords, process)
    {
        _process = process;
        if (process is not null)
            Interlocked.Increment(ref process._streams);
    }

    public override async ValueTask ReserveAsync(long bytes, int records, PutOptions? put, CancellationToken cancellationToken)
    {
        if (TryReserve(bytes, records, put))
            return;
        await WaitAsync(bytes, records, put, null, cancellationToken).ConfigureAwait(false);
        if (_process is null || _process.TryReserve(bytes, records))
            return;
        try
        {
            await _process.WaitAsync(bytes, records, put, this, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            GiveBack(bytes, records);
            throw;
        }
    }

    /// <summary>Reserves memory here, and not of the process, once it is this caller's turn.</summary>
    /// <param name="stream">The stream, where callers of several wait in one queue; else null.</param>
    private Task WaitAsync(long bytes, int records, PutOptions? put, FairMemory? stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(this, bytes, records, put);
        lock (_lock)
        {
            if (Closed is not null)
                return Task.FromException(new ObjectDisposedException(nameof(IKplProducer), Closed));
            _queue.Add(waiter, put?.Identity, stream);
            Volatile.Write(ref Waiting, _queue.Count);
        }

        ServeLine();
        return waiter.WaitAsync(cancellationToken);
    }

    public override void Close(string reason)
    {
        lock (_lock)
        {
            if (Closed is null && _process is not null)
                Interlocked.Decrement(ref _process._streams);
            Closed = reason;
            while (_queue.First is { } first)
            {
                Leave(first, isServed: true);
                // An exception that all callers shared would collect the stack traces of all.
                first.TrySetException(new ObjectDisposedException(nameof(IKplProducer), reason));
            }
        }
    }

    protected override (long Bytes, long Records) MostWith(PutOptions put) =>
        put.Identity is not null && _process is { } process && Volatile.Read(ref process._streams) > 1
            ? (Math.Min(Most.Bytes, process.Most.Bytes / 2), Math.Min(Most.Records, process.Most.Records / 2))
            : Most;

    protected override void ServeLine()
    {
        while (HasWaiters)
        {
            Waiter served;
            lock (_lock)
            {
                if (_queue.First is not Waiter first || !Take(first.Bytes, first.Records, first.Put))
                    return;
                served = first;
                Leave(served, isServed: true);
            }

            served.TrySetResult();
        }
    }

    private void Leave(QueuedCaller waiter, bool isServed)
    {
        _queue.Remove(waiter, isServed);
        Volatile.Write(ref Waiting, _queue.Count);
    }

    private sealed class Waiter(FairMemory memory, long bytes, int records, PutOptions? put) : QueuedCaller(Math.Max(bytes, 1))
    {
        public long Bytes => bytes;

        public int Records => records;

        public PutOptions? Put => put;

        protected override void GiveUp(CancellationToken cancellationToken)
        {
            lock (memory._lock)
            {
                if (Queue is null)
                    return;
                memory.Leave(this, isServed: false);
            }

            TrySetCanceled(cancellationToken);
            memory.ServeLine();
        }
    }
}

/// <summary>The queues at memory limits.</summary>
internal static class MemoryQueues
{
    extension(MemoryLimit memory)
    {
        /// <summary>Whether callers wait in line, here or in that of the process.</summary>
        public bool IsAwaited => memory.HasWaiters || memory.Process is { HasWaiters: true };
    }
}

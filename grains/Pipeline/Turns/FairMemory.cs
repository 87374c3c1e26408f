using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Turns;

/// <summary>A memory limit where callers wait by turns: each identity has its own, and within it each stream.</summary>
internal sealed class FairMemory(long maxBytes, long maxRecords) : MemoryLimit(maxBytes, maxRecords)
{
    private readonly Lock _lock = new();
    private readonly FairLine<Waiter> _line = new();

    public override ValueTask ReserveAsync(long bytes, int records, LineKey key, CancellationToken cancellationToken)
    {
        var isShared = key.Identity is not null;
        if (TryReserve(bytes, records, isShared))
            return ValueTask.CompletedTask;
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(this, bytes, records, isShared);
        lock (_lock)
        {
            if (Closed is not null)
                return ValueTask.FromException(Closed);
            waiter.Place = _line.Add(waiter, Math.Max(bytes, 1), key);
            Interlocked.Increment(ref Waiting);
        }

        waiter.Watch(cancellationToken);
        ServeLine();
        return new ValueTask(waiter.Task);
    }

    public override void Close(Exception reason)
    {
        IReadOnlyList<Waiter> turnedAway;
        lock (_lock)
        {
            if (Closed is null)
                LeaveProcess();
            Closed = reason;
            turnedAway = _line.TakeAll();
            foreach (var waiter in turnedAway)
                Forget(waiter);
        }

        foreach (var waiter in turnedAway)
            waiter.TrySetException(reason);
    }

    protected override void ServeLine()
    {
        while (HasWaiters)
        {
            Waiter served;
            lock (_lock)
            {
                if (_line.First is not { } first || !Take(first.Bytes, first.Records, first.IsShared))
                    return;
                served = first;
                Leave(served, isServed: true);
            }

            served.TrySetResult();
        }
    }

    private void Leave(Waiter waiter, bool isServed)
    {
        _line.Remove(waiter.Place!, isServed);
        Forget(waiter);
    }

    private void Forget(Waiter waiter)
    {
        waiter.Place = null;
        Interlocked.Decrement(ref Waiting);
    }

    private sealed class Waiter(FairMemory memory, long bytes, int records, bool isShared)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Bytes => bytes;

        public int Records => records;

        public bool IsShared => isShared;

        /// <summary>Null once served, rejected or cancelled; guarded by the limit's lock.</summary>
        public FairLine<Waiter>.LinePlace? Place;

        public void Watch(CancellationToken cancellationToken)
        {
            if (!cancellationToken.CanBeCanceled)
                return;
            var registration = cancellationToken.UnsafeRegister(static (w, token) => ((Waiter)w!).GiveUp(token), this);
            Task.ContinueWith(static (_, r) => ((CancellationTokenRegistration)r!)
                .Dispose(), registration, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        private void GiveUp(CancellationToken token)
        {
            lock (memory._lock)
            {
                if (Place is null)
                    return;
                memory.Leave(this, isServed: false);
            }

            TrySetCanceled(token);
            memory.ServeLine();
        }
    }
}

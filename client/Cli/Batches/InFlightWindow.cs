namespace Orleans.Kpl.Cli.Batches;

/// <summary>
/// Limits the bytes in flight. The window grows while answers are quick and shrinks when they are slow. A file of any size therefore fills a
/// stream of any number of shards, and no record waits in a queue until close to its time-to-live.
/// </summary>
internal sealed class InFlightWindow(TimeProvider time, long size = InFlightWindow.Smallest, long largest = InFlightWindow.Largest)
{
    /// <summary>The smallest size: two seconds of one shard.</summary>
    public const long Smallest = 2 << 20;

    /// <summary>The largest size, unless another is given: one second of 128 shards, or a hundred milliseconds of 1,280.</summary>
    public const long Largest = 128 << 20;

    /// <summary>Answers quicker than this let the window grow.</summary>
    public static readonly TimeSpan Quick = TimeSpan.FromSeconds(1.5);

    /// <summary>Answers slower than this make the window shrink.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(4);

    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiter;
    private long _waiterCost;
    private long _used;
    private long _shrunkAt = time.GetTimestamp();

    /// <summary>The bytes allowed now; one batch is always allowed.</summary>
    public long Size { get; private set; } = size;

    /// <summary>Waits until a batch of this cost may be sent, and counts it. One caller at a time.</summary>
    public Task EnterAsync(long cost)
    {
        lock (_lock)
        {
            if (HasRoom(cost))
            {
                _used += cost;
                return Task.CompletedTask;
            }

            _waiterCost = cost;
            _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiter.Task;
        }
    }

    /// <summary>Releases the cost of a batch that entered at <paramref name="enteredAt"/> and now has its outcomes.</summary>
    public void Leave(long cost, long enteredAt)
    {
        lock (_lock)
        {
            Adjust(cost, enteredAt);
            _used -= cost;
            if (_waiter is null || !HasRoom(_waiterCost))
                return;

            _used += _waiterCost;
            _waiter.SetResult();
            _waiter = null;
        }
    }

    private bool HasRoom(long cost) => _used == 0 || _used + cost <= Size;

    /// <remarks>
    /// The window grows only while it is at least half used. It shrinks once for the batches that were under way together: answers to batches
    /// that entered before the last cut change nothing.
    /// </remarks>
    private void Adjust(long cost, long enteredAt)
    {
        var took = time.GetElapsedTime(enteredAt);
        if (took < Quick && _used > Size / 2)
            Size = Math.Min(largest, Size + cost);
        else if (took > Slow && enteredAt >= _shrunkAt)
        {
            Size = Math.Max(Smallest, Size / 2);
            _shrunkAt = time.GetTimestamp();
        }
    }
}

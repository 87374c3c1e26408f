namespace Orleans.Kpl.Http;

/// <summary>
/// Admits ingest requests until the process drains. After closing, each further request is answered with 503 and <c>Retry-After</c>,
/// and admitted requests finish.
/// </summary>
public sealed class IngestGate
{
    private const long Closed = 1L << 62;

    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private long _state; // requests inside, and the Closed bit
    private volatile bool _isLeaving;

    /// <summary>True once <see cref="Close"/> was called.</summary>
    public bool IsDraining => (Volatile.Read(ref _state) & Closed) != 0;

    /// <summary>True once the process was asked to stop; until <see cref="IsDraining"/> it still takes records.</summary>
    internal bool IsLeaving => _isLeaving;

    /// <summary>The number of admitted requests that were not answered yet.</summary>
    public long InFlight => Volatile.Read(ref _state) & ~Closed;

    /// <summary>Completes when the gate is closed and the last admitted request was answered.</summary>
    public Task Empty => _empty.Task;

    /// <summary>Is cancelled when the gate closes: what would never end by itself ends then.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>Announces that the gate will close. The process turns unready; requests are still admitted.</summary>
    internal void Leave() => _isLeaving = true;

    /// <summary>Closes the gate to all further requests; calling it again has no effect.</summary>
    public void Close()
    {
        _isLeaving = true;
        if ((Interlocked.Or(ref _state, Closed) & ~Closed) == 0)
            _empty.TrySetResult();
        _closing.Cancel();
    }

    /// <summary>Admits one request; false when the gate is closed.</summary>
    internal bool TryEnter()
    {
        if ((Interlocked.Increment(ref _state) & Closed) == 0)
            return true;
        Exit();
        return false;
    }

    /// <summary>Marks one admitted request as answered.</summary>
    internal void Exit()
    {
        if (Interlocked.Decrement(ref _state) == Closed)
            _empty.TrySetResult();
    }
}

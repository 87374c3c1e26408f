namespace Orleans.Kpl.Http;

/// <summary>
/// Lets ingest requests in until the process drains. Closed, each further request is answered with 503 and
/// <c>Retry-After</c>, and those inside finish.
/// </summary>
public sealed class IngestGate
{
    private const long Closed = 1L << 62;

    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _state; // requests inside, and the Closed bit

    /// <summary>True once <see cref="Close"/> was called.</summary>
    public bool IsDraining => (Volatile.Read(ref _state) & Closed) != 0;

    /// <summary>Requests that came in and were not answered yet.</summary>
    public long InFlight => Volatile.Read(ref _state) & ~Closed;

    /// <summary>Completes when the gate is closed and the last request inside was answered.</summary>
    public Task Empty => _empty.Task;

    /// <summary>Lets nobody in any more; calling it again changes nothing.</summary>
    public void Close()
    {
        if ((Interlocked.Or(ref _state, Closed) & ~Closed) == 0)
            _empty.TrySetResult();
    }

    /// <summary>Counts one request in; false when the gate is closed.</summary>
    internal bool TryEnter()
    {
        if ((Interlocked.Increment(ref _state) & Closed) == 0)
            return true;
        Exit();
        return false;
    }

    /// <summary>Counts one request out.</summary>
    internal void Exit()
    {
        if (Interlocked.Decrement(ref _state) == Closed)
            _empty.TrySetResult();
    }
}

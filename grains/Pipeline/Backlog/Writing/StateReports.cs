namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>
/// Reports the states of a store to the host, outside the locks of the <see cref="GroupCommit"/> and in the order in which they were set. Two threads
/// that change the state one after the other could otherwise report in the reverse order.
/// </summary>
internal sealed class StateReports
{
    private readonly Lock _lock = new();
    private readonly Queue<(StoreState State, string? Error)> _waiting = [];
    private ICommitHost _host = null!;
    private bool _isTelling;

    /// <summary>Sets the host. Must be called before everything else.</summary>
    public void Start(ICommitHost host) => _host = host;

    /// <summary>Adds a state. Called under the lock that guards the state.</summary>
    public void Add(StoreState state, string? error)
    {
        lock (_lock)
            _waiting.Enqueue((state, error));
    }

    /// <summary>Reports the states that were added, unless another thread is about to: that one then reports them.</summary>
    public void Tell()
    {
        while (TryTake(out var next))
        {
            try
            {
                _host.StateChanged(next.State, next.Error);
            }
            finally
            {
                lock (_lock)
                    _isTelling = false;
            }
        }
    }

    private bool TryTake(out (StoreState State, string? Error) next)
    {
        lock (_lock)
        {
            next = default;
            return !_isTelling && _waiting.TryDequeue(out next) && (_isTelling = true);
        }
    }
}

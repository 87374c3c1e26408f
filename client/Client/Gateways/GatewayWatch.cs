namespace Orleans.Kpl.Client.Gateways;

/// <summary>Reports lost gateways, so that a caller that waits for an answer through one need not wait for its timeout.</summary>
internal sealed class GatewayWatch(TimeProvider time) : IClusterConnectionStatusObserver
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _lost = New();
    private DateTimeOffset? _noneSince;

    /// <summary>When the last gateway was lost; null while there is one.</summary>
    public DateTimeOffset? NoneSince
    {
        get
        {
            lock (_lock)
                return _noneSince;
        }
    }

    /// <summary>Completes when a gateway is lost; after each loss there is a new task.</summary>
    public Task Lost => Volatile.Read(ref _lost).Task;

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        lock (_lock)
            _noneSince = currentNumberOfGateways > 0 ? null : _noneSince ?? time.GetUtcNow();
        if (currentNumberOfGateways < previousNumberOfGateways)
            Interlocked.Exchange(ref _lost, New()).TrySetResult();
    }

    public void NotifyClusterConnectionLost()
    {
        // The change of the gateway count has reported it already.
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

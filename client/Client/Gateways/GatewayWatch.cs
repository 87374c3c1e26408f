namespace Orleans.Kpl.Client.Gateways;

/// <summary>Reports lost gateways, so that a caller that waits for an answer through one need not wait for its timeout.</summary>
internal sealed class GatewayWatch : IClusterConnectionStatusObserver
{
    private TaskCompletionSource _lost = New();

    /// <summary>Completes when a gateway is lost; after each loss there is a new task.</summary>
    public Task Lost => Volatile.Read(ref _lost).Task;

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
            Interlocked.Exchange(ref _lost, New()).TrySetResult();
    }

    public void NotifyClusterConnectionLost()
    {
        // The change of the gateway count has reported it already.
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

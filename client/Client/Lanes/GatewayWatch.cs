namespace Orleans.Kpl.Client.Lanes;

/// <summary>Tells of lost gateways: who waits for an answer through one need not sit out its time.</summary>
internal sealed class GatewayWatch : IClusterConnectionStatusObserver
{
    private TaskCompletionSource _lost = New();

    /// <summary>Completes when a gateway is lost; each loss makes a new one.</summary>
    public Task Lost => Volatile.Read(ref _lost).Task;

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
            Interlocked.Exchange(ref _lost, New()).TrySetResult();
    }

    public void NotifyClusterConnectionLost()
    {
        // The count has said so.
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Gateways;

/// <summary>Opens lanes through Orleans' client, which sends all calls for one grain through one gateway.</summary>
internal sealed class ClusterLanes(IGrainFactory grains, GatewayWatch? gateways) : ILanes
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    private int _last;

    public Task GatewayLost => gateways?.Lost ?? Never;

    public ILaneCalls Fresh(string stream) =>
        new GrainLane(grains.GetGrain<IClientLane>(new LaneKey(Interlocked.Increment(ref _last) & int.MaxValue, stream).ToString()));

    /// <summary>A lane whose calls are those of a grain.</summary>
    private sealed class GrainLane(IClientLane grain) : ILaneCalls
    {
        public Task<ClientReply> OpenAsync(ClientRequest request) => grain.Open(request);

        public Task<ClientReply> AcceptAsync(ClientBatch batch) => grain.Accept(batch);

        public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) => grain.TakeOutcomes(request);

        public Task<ClientReply> FlushAsync(ClientRequest request) => grain.Flush(request);

        public Task<ClientReply> CloseAsync(ClientRequest request) => grain.Close(request);
    }
}

/// <summary>Reports lost gateways, so that a caller that waits for an answer through one need not wait for its timeout.</summary>
internal sealed class GatewayWatch(TimeProvider time) : IClusterConnectionStatusObserver
{
    private TaskCompletionSource _lost = New();
    // In ticks of UTC; 0 while there is one.
    private long _noneSince;

    /// <summary>When the last gateway was lost; null while there is one.</summary>
    public DateTimeOffset? NoneSince => Interlocked.Read(ref _noneSince) is var since and not 0 ? new DateTimeOffset(since, TimeSpan.Zero) : null;

    /// <summary>Completes when a gateway is lost; after each loss there is a new task.</summary>
    public Task Lost => Volatile.Read(ref _lost).Task;

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways > 0)
            Interlocked.Exchange(ref _noneSince, 0);
        else
            Interlocked.CompareExchange(ref _noneSince, time.GetUtcNow().UtcTicks, 0);
        if (currentNumberOfGateways < previousNumberOfGateways)
            Interlocked.Exchange(ref _lost, New()).TrySetResult();
    }

    public void NotifyClusterConnectionLost()
    {
        // The change of the gateway count has reported it already.
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

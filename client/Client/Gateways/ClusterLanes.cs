using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Gateways;

/// <summary>Opens lanes through Orleans' client, which sends all calls for one grain through one gateway.</summary>
internal sealed class ClusterLanes(IGrainFactory grains, GatewayWatch? gateways) : ILanes
{
    private int _last;

    public CancellationToken GatewayLost => gateways?.Lost ?? CancellationToken.None;

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
    private CancellationTokenSource _lost = new();
    // In ticks of UTC; 0 while there is one.
    private long _noneSince;

    /// <summary>When the last gateway was lost; null while there is one.</summary>
    public DateTimeOffset? NoneSince => Interlocked.Read(ref _noneSince) is var since and not 0 ? new DateTimeOffset(since, TimeSpan.Zero) : null;

    /// <summary>Is cancelled when a gateway is lost; after each loss there is a new token.</summary>
    public CancellationToken Lost => Volatile.Read(ref _lost).Token;

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways > 0)
            Interlocked.Exchange(ref _noneSince, 0);
        else
            Interlocked.CompareExchange(ref _noneSince, time.GetUtcNow().UtcTicks, 0);
        if (currentNumberOfGateways < previousNumberOfGateways)
            _ = Interlocked.Exchange(ref _lost, new CancellationTokenSource()).CancelAsync();
    }

    public void NotifyClusterConnectionLost()
    {
        // The change of the gateway count has reported it already.
    }
}

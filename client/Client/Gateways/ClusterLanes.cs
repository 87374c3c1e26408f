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

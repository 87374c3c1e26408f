using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Lanes;

/// <summary>Opens lanes through Orleans' client.</summary>
internal sealed class ClusterLanes(IGrainFactory grains, GatewayWatch? gateways) : ILanes
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    private int _last;

    public Task GatewayLost => gateways?.Lost ?? Never;

    public IClientLane Fresh(string stream) =>
        grains.GetGrain<IClientLane>(new LaneKey(Interlocked.Increment(ref _last) & int.MaxValue, stream).ToString());
}

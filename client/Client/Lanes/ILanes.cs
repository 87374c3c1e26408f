using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Lanes;

/// <summary>The ways into the cluster: Orleans' client sends all calls for one grain through one gateway, so each number is one way.</summary>
internal interface ILanes
{
    /// <summary>Completes when a gateway is lost; each loss makes a new one.</summary>
    Task GatewayLost { get; }

    /// <summary>A way that was not used before.</summary>
    IClientLane Fresh(string stream);
}

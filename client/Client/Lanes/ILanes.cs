using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Lanes;

/// <summary>
/// Opens lanes into the cluster. Orleans' client sends all calls for one grain through one gateway, so each lane number has one route.
/// </summary>
internal interface ILanes
{
    /// <summary>Completes when a gateway is lost; after each loss there is a new task.</summary>
    Task GatewayLost { get; }

    /// <summary>Returns a lane that was not used before.</summary>
    IClientLane Fresh(string stream);
}

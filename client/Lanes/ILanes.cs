namespace Orleans.Kpl.Lanes;

/// <summary>The ways into the cluster, as one client process has them. Each lane has one route, by one gateway.</summary>
internal interface ILanes
{
    /// <summary>Completes when a gateway is lost; after each loss there is a new task.</summary>
    Task GatewayLost { get; }

    /// <summary>Returns a lane that was not used before. It reaches whichever gateway there is.</summary>
    ILaneCalls Fresh(string stream);
}

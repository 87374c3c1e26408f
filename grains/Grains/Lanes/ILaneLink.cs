using Orleans.Kpl.Lanes;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>
/// Passes on a client's call that reaches another silo than its session's; one such service on each silo. The calls are those of
/// <see cref="IClientLane"/>.
/// </summary>
[Alias("Orleans.Kpl.ILaneLink")]
internal interface ILaneLink : IGrainService
{
    [Alias("Accept"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneReply> Accept(string stream, LaneBatch batch);

    [Alias("TakeOutcomes"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneOutcomes> TakeOutcomes(string stream, LaneRequest request);

    [Alias("Flush"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneReply> Flush(string stream, LaneRequest request);

    [Alias("Close"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneReply> Close(string stream, LaneRequest request);
}

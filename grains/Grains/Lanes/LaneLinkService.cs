using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>The silo's service for the calls that other silos pass on; it only hands them over.</summary>
internal sealed class LaneLinkService(GrainId grainId, Silo silo, ILoggerFactory loggers, SiloNode node) : GrainService(grainId, silo, loggers), ILaneLink
{
    public Task<LaneReply> Accept(string stream, LaneBatch batch) => node.Sessions.AcceptLaneAsync(stream, batch);

    public Task<LaneOutcomes> TakeOutcomes(string stream, LaneRequest request) => node.Sessions.TakeLaneOutcomesAsync(stream, request);

    public Task<LaneReply> Flush(string stream, LaneRequest request) => node.Sessions.FlushLaneAsync(stream, request);

    public Task<LaneReply> Close(string stream, LaneRequest request) => node.Sessions.CloseLaneAsync(stream, request);
}

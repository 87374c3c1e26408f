using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>The silo's service for the calls that other silos pass on; the work runs on the thread pool.</summary>
internal sealed class LaneLinkService(GrainId grainId, Silo silo, ILoggerFactory loggers, ClientSessions sessions)
    : GrainService(grainId, silo, loggers), ILaneLink
{
    public Task<LaneReply> Accept(string stream, LaneBatch batch) => Task.Run(() => sessions.AcceptAsync(stream, batch));

    public Task<LaneOutcomes> TakeOutcomes(string stream, LaneRequest request) => Task.Run(() => sessions.TakeOutcomesAsync(stream, request));

    public Task<LaneReply> Flush(string stream, LaneRequest request) => Task.Run(() => sessions.FlushAsync(stream, request));

    public Task<LaneReply> Close(string stream, LaneRequest request) => Task.Run(() => sessions.CloseAsync(stream, request));
}

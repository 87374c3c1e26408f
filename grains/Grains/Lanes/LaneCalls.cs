using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>
/// Hands the calls of lanes to the silo's sessions. The work runs on the thread pool: Orleans gives all calls of a reentrant worker to one
/// activation, which is one core.
/// </summary>
internal static class LaneCalls
{
    public static Task<LaneReply> OpenLaneAsync(this ClientSessions sessions, string stream, LaneRequest request) =>
        Task.Run(async () => (await sessions.OpenAsync(stream, request.ToClient()).ConfigureAwait(false)).ToLane());

    public static Task<LaneReply> AcceptLaneAsync(this ClientSessions sessions, string stream, LaneBatch batch) =>
        Task.Run(async () => (await sessions.AcceptAsync(stream, batch.ToClient()).ConfigureAwait(false)).ToLane());

    public static Task<LaneOutcomes> TakeLaneOutcomesAsync(this ClientSessions sessions, string stream, LaneRequest request) =>
        Task.Run(async () => (await sessions.TakeOutcomesAsync(stream, request.ToClient()).ConfigureAwait(false)).ToLane());

    public static Task<LaneReply> FlushLaneAsync(this ClientSessions sessions, string stream, LaneRequest request) =>
        Task.Run(async () => (await sessions.FlushAsync(stream, request.ToClient()).ConfigureAwait(false)).ToLane());

    public static Task<LaneReply> CloseLaneAsync(this ClientSessions sessions, string stream, LaneRequest request) =>
        Task.Run(async () => (await sessions.CloseAsync(stream, request.ToClient()).ConfigureAwait(false)).ToLane());
}

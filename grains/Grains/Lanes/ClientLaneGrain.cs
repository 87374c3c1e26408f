using Orleans.Concurrency;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>The silo's side of a lane. It only hands calls over: see <see cref="LaneCalls"/>.</summary>
[GrainType("kpl-lane"), StatelessWorker, Reentrant]
internal sealed class ClientLaneGrain(SiloNode node) : Grain, IClientLane
{
    private string Stream => LaneKey.Parse(this.GetPrimaryKeyString()).Stream;

    public Task<LaneReply> Open(LaneRequest request) => node.Sessions.OpenLaneAsync(Stream, request);

    public Task<LaneReply> Accept(LaneBatch batch) => node.Sessions.AcceptLaneAsync(Stream, batch);

    public Task<LaneOutcomes> TakeOutcomes(LaneRequest request) => node.Sessions.TakeLaneOutcomesAsync(Stream, request);

    public Task<LaneReply> Flush(LaneRequest request) => node.Sessions.FlushLaneAsync(Stream, request);

    public Task<LaneReply> Close(LaneRequest request) => node.Sessions.CloseLaneAsync(Stream, request);
}

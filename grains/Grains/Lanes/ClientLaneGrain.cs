using Orleans.Concurrency;
using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>
/// The silo's side of a lane. It only hands calls over: Orleans gives all calls of a reentrant worker to one activation, which is one core.
/// </summary>
[GrainType("kpl-lane"), StatelessWorker, Reentrant]
internal sealed class ClientLaneGrain(ClientSessions sessions) : Grain, IClientLane
{
    private string Stream => LaneKey.Parse(this.GetPrimaryKeyString()).Stream;

    public Task<LaneReply> Open(LaneRequest request) => OnPool(sessions.OpenAsync, request);

    public Task<LaneReply> Accept(LaneBatch batch) => OnPool(sessions.AcceptAsync, batch);

    public Task<LaneOutcomes> TakeOutcomes(LaneRequest request) => OnPool(sessions.TakeOutcomesAsync, request);

    public Task<LaneReply> Flush(LaneRequest request) => OnPool(sessions.FlushAsync, request);

    public Task<LaneReply> Close(LaneRequest request) => OnPool(sessions.CloseAsync, request);

    private Task<TReply> OnPool<TCall, TReply>(Func<string, TCall, Task<TReply>> call, TCall argument)
    {
        var stream = Stream;
        return Task.Run(() => call(stream, argument));
    }
}

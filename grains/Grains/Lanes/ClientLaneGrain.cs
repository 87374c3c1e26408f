using Orleans.Concurrency;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>
/// The silo's side of a lane. It only hands calls over. The work runs on the thread pool: Orleans gives all calls of a reentrant worker to one
/// activation, which is one core.
/// </summary>
[GrainType("kpl-lane"), StatelessWorker, Reentrant]
internal sealed class ClientLaneGrain(SiloNode node) : Grain, IClientLane
{
    public Task<ClientReply> Open(ClientRequest request) => RunAsync((sessions, stream) => sessions.OpenAsync(stream, request));

    public Task<ClientReply> Accept(ClientBatch batch) => RunAsync((sessions, stream) => sessions.AcceptAsync(stream, batch));

    public Task<ClientOutcomes> TakeOutcomes(ClientRequest request) => RunAsync((sessions, stream) => sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> Flush(ClientRequest request) => RunAsync((sessions, stream) => sessions.FlushAsync(stream, request));

    public Task<ClientReply> Close(ClientRequest request) => RunAsync((sessions, stream) => sessions.CloseAsync(stream, request));

    private Task<T> RunAsync<T>(Func<ClientSessions, string, Task<T>> call)
    {
        var stream = LaneKey.Parse(this.GetPrimaryKeyString()).Stream;
        return Task.Run(() => call(node.Sessions, stream));
    }
}

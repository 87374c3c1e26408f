using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Runtime.Services;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>Reaches the lane service of a given silo.</summary>
internal sealed class LaneLinks(IServiceProvider services) : GrainServiceClient<ILaneLink>(services)
{
    public IClientCalls To(SiloId silo) => new RemoteClients(GetGrainService(silo.ToAddress()));
}

/// <summary>Passes clients' calls on to another silo through Orleans.</summary>
internal sealed class RemoteClients(ILaneLink link) : IClientCalls
{
    public async Task<ClientReply> AcceptAsync(string stream, ClientBatch batch) =>
        (await link.Accept(stream, batch.ToLane()).ConfigureAwait(false)).ToClient();

    public async Task<ClientOutcomes> TakeOutcomesAsync(string stream, ClientRequest request) =>
        (await link.TakeOutcomes(stream, request.ToLane()).ConfigureAwait(false)).ToClient();

    public async Task<ClientReply> FlushAsync(string stream, ClientRequest request) =>
        (await link.Flush(stream, request.ToLane()).ConfigureAwait(false)).ToClient();

    public async Task<ClientReply> CloseAsync(string stream, ClientRequest request) =>
        (await link.Close(stream, request.ToLane()).ConfigureAwait(false)).ToClient();
}

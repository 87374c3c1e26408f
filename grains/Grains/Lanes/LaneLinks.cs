using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Runtime.Services;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>Reaches the lane service of a given silo.</summary>
internal sealed class LaneLinks(IServiceProvider services) : GrainServiceClient<ILaneLink>(services)
{
    public IClientCalls To(SiloId silo) => new RemoteClients(GetGrainService(silo.ToAddress()));

    /// <summary>Passes clients' calls on to another silo through Orleans.</summary>
    private sealed class RemoteClients(ILaneLink link) : IClientCalls
    {
        public Task<ClientReply> AcceptAsync(string stream, ClientBatch batch) => link.Accept(stream, batch);

        public Task<ClientOutcomes> TakeOutcomesAsync(string stream, ClientRequest request) => link.TakeOutcomes(stream, request);

        public Task<ClientReply> FlushAsync(string stream, ClientRequest request) => link.Flush(stream, request);

        public Task<ClientReply> CloseAsync(string stream, ClientRequest request) => link.Close(stream, request);
    }
}

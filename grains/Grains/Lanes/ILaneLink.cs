using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Runtime;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>
/// Passes on a client's call that reaches another silo than its session's; one such service on each silo. The calls are those of
/// <see cref="IClientLane"/>.
/// </summary>
[Alias("Orleans.Kpl.ILaneLink")]
internal interface ILaneLink : IGrainService
{
    [Alias("Open"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Open(string stream, ClientRequest request);

    [Alias("Accept"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Accept(string stream, ClientBatch batch);

    [Alias("TakeOutcomes"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientOutcomes> TakeOutcomes(string stream, ClientRequest request);

    [Alias("Flush"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Flush(string stream, ClientRequest request);

    [Alias("Close"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Close(string stream, ClientRequest request);
}

/// <summary>The silo's service for the calls that other silos pass on; it only hands them over.</summary>
internal sealed class LaneLinkService(GrainId grainId, Silo silo, ILoggerFactory loggers, SiloNode node) : GrainService(grainId, silo, loggers), ILaneLink
{
    public Task<ClientReply> Open(string stream, ClientRequest request) => Task.Run(() => node.Sessions.OpenAsync(stream, request));

    public Task<ClientReply> Accept(string stream, ClientBatch batch) => Task.Run(() => node.Sessions.AcceptAsync(stream, batch));

    public Task<ClientOutcomes> TakeOutcomes(string stream, ClientRequest request) => Task.Run(() => node.Sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> Flush(string stream, ClientRequest request) => Task.Run(() => node.Sessions.FlushAsync(stream, request));

    public Task<ClientReply> Close(string stream, ClientRequest request) => Task.Run(() => node.Sessions.CloseAsync(stream, request));
}

/// <summary>Reaches the lane service of a given silo.</summary>
internal sealed class LaneLinks(IServiceProvider services) : GrainServiceClient<ILaneLink>(services)
{
    public IClientCalls To(SiloId silo) => new RemoteClients(GetGrainService(silo.ToAddress()));

    /// <summary>Passes clients' calls on to another silo through Orleans.</summary>
    private sealed class RemoteClients(ILaneLink link) : IClientCalls
    {
        public Task<ClientReply> OpenAsync(string stream, ClientRequest request) => link.Open(stream, request);

        public Task<ClientReply> AcceptAsync(string stream, ClientBatch batch) => link.Accept(stream, batch);

        public Task<ClientOutcomes> TakeOutcomesAsync(string stream, ClientRequest request) => link.TakeOutcomes(stream, request);

        public Task<ClientReply> FlushAsync(string stream, ClientRequest request) => link.Flush(stream, request);

        public Task<ClientReply> CloseAsync(string stream, ClientRequest request) => link.Close(stream, request);
    }
}

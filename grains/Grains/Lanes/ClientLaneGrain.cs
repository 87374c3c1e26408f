using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>
/// The silo's side of a lane. It only hands calls over, and one activation does that for all calls of a lane; the work runs on the thread pool.
/// </summary>
/// <remarks>
/// Clients leave many lanes behind: each deal of a stream, each round of polls and each lost answer takes new ones. By default Orleans keeps a lane for a
/// quarter of an hour, with an activation for every processor, and looks at it twice a second.
/// </remarks>
[GrainType("kpl-lane"), StatelessWorker(1, removeIdleWorkers: false), Reentrant, CollectionAgeLimit(Minutes = 2)]
internal sealed class ClientLaneGrain(SiloNode node) : Grain, IClientLane
{
    private string Stream => LaneKey.Parse(this.GetPrimaryKeyString()).Stream;

    public Task<ClientReply> Open(ClientRequest request) => Task.Run(() => node.Sessions.OpenAsync(Stream, request));

    public Task<ClientReply> Accept(ClientBatch batch) => node.Sessions.AcceptAsync(Stream, batch);

    public Task<ClientOutcomes> TakeOutcomes(ClientRequest request) => Task.Run(() => node.Sessions.TakeOutcomesAsync(Stream, request));

    public Task<ClientReply> Flush(ClientRequest request) => Task.Run(() => node.Sessions.FlushAsync(Stream, request));

    public Task<ClientReply> Close(ClientRequest request) => Task.Run(() => node.Sessions.CloseAsync(Stream, request));
}

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

    public Task<ClientReply> Accept(string stream, ClientBatch batch) => node.Sessions.AcceptAsync(stream, batch);

    public Task<ClientOutcomes> TakeOutcomes(string stream, ClientRequest request) => Task.Run(() => node.Sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> Flush(string stream, ClientRequest request) => Task.Run(() => node.Sessions.FlushAsync(stream, request));

    public Task<ClientReply> Close(string stream, ClientRequest request) => Task.Run(() => node.Sessions.CloseAsync(stream, request));
}

/// <summary>Reaches the lane service of a given silo.</summary>
internal sealed class LaneLinks(IServiceProvider services) : GrainServiceClient<ILaneLink>(services)
{
    public ILaneCalls To(SiloId silo, string stream) => new PassedOn(GetGrainService(silo.ToAddress()), stream);

    private sealed class PassedOn(ILaneLink link, string stream) : ILaneCalls
    {
        public Task<ClientReply> OpenAsync(ClientRequest request) => link.Open(stream, request);

        public Task<ClientReply> AcceptAsync(ClientBatch batch) => link.Accept(stream, batch);

        public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) => link.TakeOutcomes(stream, request);

        public Task<ClientReply> FlushAsync(ClientRequest request) => link.Flush(stream, request);

        public Task<ClientReply> CloseAsync(ClientRequest request) => link.Close(stream, request);
    }
}

using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>The silo's service for the calls that other silos pass on; it only hands them over.</summary>
internal sealed class LaneLinkService(GrainId grainId, Silo silo, ILoggerFactory loggers, SiloNode node) : GrainService(grainId, silo, loggers), ILaneLink
{
    public Task<ClientReply> Accept(string stream, ClientBatch batch) => Task.Run(() => node.Sessions.AcceptAsync(stream, batch));

    public Task<ClientOutcomes> TakeOutcomes(string stream, ClientRequest request) => Task.Run(() => node.Sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> Flush(string stream, ClientRequest request) => Task.Run(() => node.Sessions.FlushAsync(stream, request));

    public Task<ClientReply> Close(string stream, ClientRequest request) => Task.Run(() => node.Sessions.CloseAsync(stream, request));
}

using Orleans.Kpl.Lanes;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>
/// Passes on a client's call that reaches another silo than its session's; one such service on each silo. The calls are those of
/// <see cref="IClientLane"/>.
/// </summary>
[Alias("Orleans.Kpl.ILaneLink")]
internal interface ILaneLink : IGrainService
{
    [Alias("Accept"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Accept(string stream, ClientBatch batch);

    [Alias("TakeOutcomes"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientOutcomes> TakeOutcomes(string stream, ClientRequest request);

    [Alias("Flush"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Flush(string stream, ClientRequest request);

    [Alias("Close"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Close(string stream, ClientRequest request);
}

using Orleans.Kpl.Lanes;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>One lane of a client: its calls go over one gateway for as long as the client knows that.</summary>
internal sealed class LaneOver(ClientGateways gateways, string stream) : ILaneCalls
{
    private SiloLife? _gateway;

    public Task<ClientReply> OpenAsync(ClientRequest request) => CallAsync($"open {request.Session}", l => l.Node.Sessions.OpenAsync(stream, request));

    public Task<ClientReply> AcceptAsync(ClientBatch batch)
    {
        var sent = gateways.Renumber(batch);
        gateways.Note(batch);
        return CallAsync($"accept from {sent.FirstRecord} on, for {sent.Silo}", l => l.AcceptAsync(stream, sent));
    }

    public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) =>
        CallAsync($"take outcomes after {request.AcknowledgedUpTo}, of {request.Silo}", l => l.Node.Sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> FlushAsync(ClientRequest request) => CallAsync($"flush at {request.Silo}", l => l.Node.Sessions.FlushAsync(stream, request));

    public Task<ClientReply> CloseAsync(ClientRequest request) => CallAsync($"close at {request.Silo}", l => l.Node.Sessions.CloseAsync(stream, request));

    private Task<T> CallAsync<T>(TraceText what, Func<SiloLife, Task<T>> call) => (_gateway = gateways.GatewayFor(_gateway)) is { } gateway
        ? gateways.CallAsync(gateway, what, call)
        : Task.FromException<T>(new IOException("simulated: there is no gateway"));
}

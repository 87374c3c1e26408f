using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>The calls of clients that one silo passes on to another.</summary>
internal sealed class PassedOnTo(SimulatedCluster cluster, SiloHost from, SiloId to) : IClientCalls
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public Task<ClientReply> AcceptAsync(string stream, ClientBatch batch) =>
        CallAsync($"accept from {batch.FirstRecord} on, passed on", l => l.AcceptAsync(stream, batch));

    public Task<ClientOutcomes> TakeOutcomesAsync(string stream, ClientRequest request) =>
        CallAsync($"take outcomes after {request.AcknowledgedUpTo}, passed on", l => l.Node.Sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> FlushAsync(string stream, ClientRequest request) =>
        CallAsync("flush, passed on", l => l.Node.Sessions.FlushAsync(stream, request));

    public Task<ClientReply> CloseAsync(string stream, ClientRequest request) =>
        CallAsync("close, passed on", l => l.Node.Sessions.CloseAsync(stream, request));

    private Task<T> CallAsync<T>(TraceText what, Func<SiloLife, Task<T>> call) => cluster.HostOf(to) is { } host
        ? cluster.Wires.CallAsync(from, host, host.ProcessOf(to), Timeout, what, () => call(host.LifeOf(to)!))
        : Task.FromException<T>(new IOException($"simulated: there is no silo {to}"));
}

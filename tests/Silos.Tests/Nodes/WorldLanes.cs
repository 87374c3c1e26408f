using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>The ways of one client into a <see cref="NodeWorld"/>: each lane goes to one silo, and they take turns.</summary>
/// <param name="world">The silos.</param>
/// <param name="opened">Lanes are not opened before it completes.</param>
internal sealed class WorldLanes(NodeWorld world, Task opened) : ILanes
{
    private int _last;

    public Task GatewayLost { get; } = new TaskCompletionSource().Task;

    public ILaneCalls Fresh(string stream) => new Lane(world.Silos[Interlocked.Increment(ref _last) % world.Silos.Count].Node.Sessions, opened, stream);

    private sealed class Lane(ClientSessions sessions, Task opened, string stream) : ILaneCalls
    {
        public async Task<ClientReply> OpenAsync(ClientRequest request)
        {
            await opened;
            return await sessions.OpenAsync(stream, request);
        }

        public Task<ClientReply> AcceptAsync(ClientBatch batch) => sessions.AcceptAsync(stream, batch);

        public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) => sessions.TakeOutcomesAsync(stream, request);

        public Task<ClientReply> FlushAsync(ClientRequest request) => sessions.FlushAsync(stream, request);

        public Task<ClientReply> CloseAsync(ClientRequest request) => sessions.CloseAsync(stream, request);
    }
}

using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Gateways;

/// <summary>A lane whose calls are those of a grain.</summary>
internal sealed class GrainLane(IClientLane grain) : ILaneCalls
{
    public async Task<ClientReply> OpenAsync(ClientRequest request) => (await grain.Open(request.ToLane()).ConfigureAwait(false)).ToClient();

    public async Task<ClientReply> AcceptAsync(ClientBatch batch) => (await grain.Accept(batch.ToLane()).ConfigureAwait(false)).ToClient();

    public async Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) =>
        (await grain.TakeOutcomes(request.ToLane()).ConfigureAwait(false)).ToClient();

    public async Task<ClientReply> FlushAsync(ClientRequest request) => (await grain.Flush(request.ToLane()).ConfigureAwait(false)).ToClient();

    public async Task<ClientReply> CloseAsync(ClientRequest request) => (await grain.Close(request.ToLane()).ConfigureAwait(false)).ToClient();
}

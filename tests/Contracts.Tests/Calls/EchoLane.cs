using System.Net;
using Orleans.Concurrency;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Contracts.Tests.Calls;

/// <summary>A lane that only looks at what comes.</summary>
[StatelessWorker]
internal sealed class EchoLane : Grain, IClientLane
{
    private static readonly SiloId Silo = new(IPAddress.Loopback, 1, 1);

    public Task<ClientReply> Open(ClientRequest request) => Answer(ClientVerdict.Accepted);

    public Task<ClientReply> Accept(ClientBatch batch) =>
        Answer(ClientVerdict.Accepted, $"{PackedRecords.Parse(batch.Records).Count} from {batch.FirstRecord}");

    public Task<ClientOutcomes> TakeOutcomes(ClientRequest request) =>
        Task.FromResult(new ClientOutcomes(ClientVerdict.Forgotten, request.Silo!, 1, 0, []));

    public Task<ClientReply> Flush(ClientRequest request) => Answer(ClientVerdict.Draining);

    public Task<ClientReply> Close(ClientRequest request) => Answer(ClientVerdict.Accepted);

    private static Task<ClientReply> Answer(ClientVerdict verdict, string? message = null) =>
        Task.FromResult(new ClientReply(verdict, Silo, 1, ErrorMessage: message));
}

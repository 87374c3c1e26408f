using System.Net;
using Orleans.Concurrency;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Runtime;

namespace Orleans.Kpl.Contracts.Tests.Calls;

/// <summary>A lane that only looks at what comes.</summary>
[StatelessWorker]
internal sealed class EchoLane : Grain, IClientLane
{
    private static readonly SiloAddress Silo = SiloAddress.New(IPAddress.Loopback, 1, 1);

    public Task<LaneReply> Open(LaneRequest request) => Task.FromResult(new LaneReply { Verdict = LaneVerdict.Accepted, Silo = Silo });

    public Task<LaneReply> Accept(LaneBatch batch)
    {
        var records = PackedRecords.Parse(batch.Records);
        return Task.FromResult(new LaneReply { Verdict = LaneVerdict.Accepted, Silo = Silo, ErrorMessage = $"{records.Count} from {batch.FirstRecord}" });
    }

    public Task<LaneOutcomes> TakeOutcomes(LaneRequest request) => Task.FromResult(new LaneOutcomes { Verdict = LaneVerdict.Forgotten, Silo = request.Silo! });

    public Task<LaneReply> Flush(LaneRequest request) => Task.FromResult(new LaneReply { Verdict = LaneVerdict.Draining, Silo = Silo });

    public Task<LaneReply> Close(LaneRequest request) => Task.FromResult(new LaneReply { Verdict = LaneVerdict.Accepted, Silo = Silo });
}

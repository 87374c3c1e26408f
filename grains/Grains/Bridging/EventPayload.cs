using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Bridging;

/// <summary>
/// The data of one Kinesis record: what Orleans' own provider for Kinesis (Microsoft.Orleans.Streaming.Kinesis) puts for a batch of events, and reads. The
/// numbers and types of the fields are that provider's. As the outermost value its type does not travel, so its name does not matter.
/// </summary>
[GenerateSerializer]
internal sealed class EventPayload
{
    /// <summary>The events, in their order; each travels with its own type.</summary>
    [Id(0)]
    public required List<object> Events { get; init; }

    /// <summary>The request context of the call that produced them; null for none.</summary>
    [Id(1)]
    public Dictionary<string, object>? RequestContext { get; init; }

    /// <summary>The Orleans stream.</summary>
    [Id(2)]
    public StreamId StreamId { get; init; }
}

using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Lanes;

/// <summary>The services that the streams of a cluster producer share.</summary>
internal sealed class ClientServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time)
{
    public required ILanes Lanes { get; init; }

    public required ClientLog Log { get; init; }

    /// <summary>Makes ids of sessions, which are never used twice.</summary>
    public required Func<Guid> NewId { get; init; }

    /// <summary>Whether silos are asked to answer the records they receive without producing them.</summary>
    public bool IsCallsOnly { get; init; }
}

using Orleans.Kpl.Client.Lanes;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Client;

/// <summary>The services that the streams of a cluster producer share.</summary>
internal sealed class ClientServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time)
{
    public required ILanes Lanes { get; init; }

    public required ClientLog Log { get; init; }

    /// <summary>Whether silos are asked to answer the records they receive without producing them.</summary>
    public bool IsCallsOnly { get; init; }
}

using Orleans.Kpl.Client.Lanes;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Client;

/// <summary>What the streams of a producer share that sends to a cluster.</summary>
internal sealed class ClientServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time)
{
    public required ILanes Lanes { get; init; }

    public required ClientLog Log { get; init; }

    /// <summary>Asks silos to answer what they are given and to produce nothing.</summary>
    public bool IsCallsOnly { get; init; }
}

using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Services;

/// <summary>The services shared by the streams of a producer that sends to Kinesis itself.</summary>
internal sealed class PipelineServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time)
{
    public required IKinesisGateway Gateway { get; init; }

    public required Random Random { get; init; }

    /// <summary>The services of the durable backlog; null where there is none.</summary>
    public BacklogServices? Backlog { get; init; }

    /// <summary>How the load of shards is observed.</summary>
    public LoadSettings Load { get; init; } = LoadSettings.Default;

    /// <summary>Creates a random source for one owner.</summary>
    public Random NewRandom()
    {
        lock (Random)
            return new Random(Random.Next());
    }
}

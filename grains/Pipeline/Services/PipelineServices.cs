using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Services;

/// <summary>What the streams of a producer share that sends to Kinesis itself.</summary>
internal sealed class PipelineServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time)
{
    public required IKinesisGateway Gateway { get; init; }

    public required Random Random { get; init; }

    /// <summary>What keeps records durably; null where nothing does.</summary>
    public BacklogServices? Backlog { get; init; }

    /// <summary>How the load of shards is observed.</summary>
    public LoadSettings Load { get; init; } = LoadSettings.Default;

    /// <summary>A random source of its own for one owner.</summary>
    public Random NewRandom()
    {
        lock (Random)
            return new Random(Random.Next());
    }
}

using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>What all engines of a stream share.</summary>
internal sealed record EngineServices(IEngineHost Host, PipelineSettings Settings, MonotonicClock Clock, TimerQueue Timers)
{
    /// <summary>Has Kinesis records taken apart; see <see cref="IEngineHost.Reroute"/>. Called outside every lock.</summary>
    public void Reroute(List<KinesisRecord> records)
    {
        foreach (var record in records)
            Host.Reroute(record);
    }
}

/// <summary>What a shard engine needs of the stream it belongs to.</summary>
internal interface IEngineHost
{
    /// <summary>A Kinesis record has its tokens: it goes to the collector. Called under the engine's lock.</summary>
    void Collect(KinesisRecord record);

    /// <summary>Takes a Kinesis record apart: expired members end, the others are routed anew. Called outside every lock.</summary>
    void Reroute(KinesisRecord record);
}

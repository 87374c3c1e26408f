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

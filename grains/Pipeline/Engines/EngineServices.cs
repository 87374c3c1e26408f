using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>The services that all engines of a stream share.</summary>
/// <param name="Host">Takes the records that leave an engine.</param>
/// <param name="Settings">The settings of the stream.</param>
/// <param name="MeterOf">Returns a shard as the metrics know it.</param>
internal sealed record EngineServices(
    IEngineHost Host, PipelineSettings Settings, MonotonicClock Clock, TimerQueue Timers, Func<string, ShardMeter> MeterOf)
{
    /// <summary>How much waits for each shard.</summary>
    public StreamHorizon Horizon { get; } = new(Settings.Ttl, () => Clock.Now);

    /// <summary>Has Kinesis records taken apart; see <see cref="IEngineHost.Reroute"/>. Called outside every lock.</summary>
    public void Reroute(List<KinesisRecord> records)
    {
        foreach (var record in records)
            Host.Reroute(record);
    }
}

/// <summary>What a shard engine needs from its stream.</summary>
internal interface IEngineHost
{
    /// <summary>Passes a Kinesis record that has its tokens to the collector. Called under the engine's lock.</summary>
    void Collect(KinesisRecord record);

    /// <summary>Takes a Kinesis record apart: expired members get their outcomes, the others are routed again. Called outside every lock.</summary>
    void Reroute(KinesisRecord record);
}

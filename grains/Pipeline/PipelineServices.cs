using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline;

/// <summary>What the streams of one process share.</summary>
internal sealed class PipelineServices
{
    public required IKinesisGateway Gateway { get; init; }

    public required IPipelineEvents Events { get; init; }

    public required MonotonicClock Clock { get; init; }

    public required TimerQueue Timers { get; init; }

    public required Room Room { get; init; }

    public required FailureNotifier Notifier { get; init; }

    public required KplInstruments Instruments { get; init; }

    public required Random Random { get; init; }

    /// <summary>Somebody waits for room: every stream looks whether it can make some.</summary>
    public required Action Relieve { get; init; }

    /// <summary>Makes what takes the records of shards that other processes own; null where this one owns all.</summary>
    public Func<StreamPipeline, IShardOwners>? Owners { get; init; }

    /// <summary>What keeps records durably; null where nothing does.</summary>
    public BacklogServices? Backlog { get; init; }

    /// <summary>How the load of shards is observed.</summary>
    public LoadSettings Load { get; init; } = LoadSettings.Default;

    public BatchPool Batches { get; } = new();

    /// <summary>A random source of its own for one owner.</summary>
    public Random NewRandom()
    {
        lock (Random)
            return new Random(Random.Next());
    }
}

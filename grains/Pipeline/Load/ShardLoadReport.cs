using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>What was observed of one shard.</summary>
/// <param name="Range">The shard.</param>
/// <param name="Minutes">Its last complete minutes, newest last.</param>
/// <param name="Histogram">The weight of each equal part of its range, in bytes that fade with time; the sum says nothing of the rate.</param>
/// <param name="HotKeys">Its heaviest keys, heaviest first.</param>
internal sealed record ShardLoadReport(ShardRange Range, IReadOnlyList<MinuteCount> Minutes, IReadOnlyList<double> Histogram, IReadOnlyList<HotKey> HotKeys)
{
    /// <summary>The minute that runs.</summary>
    public MinuteCount Running { get; init; }

    /// <summary>How much of it has passed.</summary>
    public TimeSpan RunningFor { get; init; }
}

using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>What the policy remembers of a stream between decisions: a week at most.</summary>
internal sealed record ScalingState
{
    /// <summary>Splits remembered; beyond that the oldest are forgotten.</summary>
    public const int MostSplits = 500;

    /// <summary>How long a split is remembered: as long as the rhythms of most loads.</summary>
    private static readonly TimeSpan SplitsFor = TimeSpan.FromDays(7);

    public static ScalingState Start { get; } = new();

    /// <summary>When changes were begun, in the last 24 hours.</summary>
    public IReadOnlyList<DateTimeOffset> Changes { get; init; } = [];

    /// <summary>When UpdateShardCount was called, in the last 24 hours.</summary>
    public IReadOnlyList<DateTimeOffset> UniformChanges { get; init; } = [];

    /// <summary>When the last change ended, the policy's or anybody's; null where none did.</summary>
    public DateTimeOffset? LastEnded { get; init; }

    public IReadOnlyList<PastSplit> Splits { get; init; } = [];

    /// <summary>A change of the stream's shards has ended.</summary>
    public ScalingState Ended(DateTimeOffset at) => this with { LastEnded = at };

    /// <summary>Forgets what is too old.</summary>
    public ScalingState At(DateTimeOffset now)
    {
        var dayAgo = now - TimeSpan.FromDays(1);
        return this with
        {
            Changes = [.. Changes.Where(c => c > dayAgo)],
            UniformChanges = [.. UniformChanges.Where(c => c > dayAgo)],
            Splits = [.. Splits.Where(s => s.At > now - SplitsFor).TakeLast(MostSplits)],
        };
    }
}

/// <summary>A range that was split for its load, and how much that was: it is not put together again while the load is there.</summary>
/// <param name="Start">Its first hash key.</param>
/// <param name="End">Its last hash key.</param>
/// <param name="Utilisation">Its demand then, in shards; where it is many shards, each one's on average.</param>
/// <param name="At">When.</param>
/// <param name="Shards">1, or the even shards of the whole stream that UpdateShardCount made more of.</param>
internal sealed record PastSplit(UInt128 Start, UInt128 End, double Utilisation, DateTimeOffset At, int Shards = 1)
{
    /// <summary>The shards that were.</summary>
    public IEnumerable<(UInt128 Start, UInt128 End)> Ranges => Shards == 1
        ? [(Start, End)]
        : Enumerable.Range(0, Shards).Select(i => (EvenRanges.Start(i, Shards), i + 1 < Shards ? EvenRanges.Start(i + 1, Shards) - 1 : UInt128.MaxValue));
}

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

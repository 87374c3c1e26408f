using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>The state that the policy remembers of a stream between decisions: a week at most.</summary>
internal sealed record ScalingState
{
    /// <summary>The maximum number of remembered splits; beyond it the oldest are forgotten.</summary>
    public const int MostSplits = 500;

    /// <summary>How long a split is remembered: as long as the periods of most loads.</summary>
    private static readonly TimeSpan SplitsFor = TimeSpan.FromDays(7);

    /// <summary>How long changes count: the 24 hours of AWS's quota.</summary>
    private static readonly TimeSpan Today = TimeSpan.FromDays(1);

    public static ScalingState Start { get; } = new();

    /// <summary>Gets when changes were begun, in the last 24 hours.</summary>
    public IReadOnlyList<DateTimeOffset> Changes { get; init; } = [];

    /// <summary>Gets when UpdateShardCount was called, in the last 24 hours.</summary>
    public IReadOnlyList<DateTimeOffset> UniformChanges { get; init; } = [];

    /// <summary>Gets how often it may be called still.</summary>
    public int UpdateShardCountsLeft => Math.Max(0, ReshardQuotas.UpdateShardCountsPerDay - UniformChanges.Count);

    /// <summary>Gets when the last change ended, whether the policy began it or not; null where there was none.</summary>
    public DateTimeOffset? LastEnded { get; init; }

    public IReadOnlyList<PastSplit> Splits { get; init; } = [];

    /// <summary>Returns the state after a change of the stream's shards has ended. A manager that was frozen may tell of an older one.</summary>
    /// <param name="uniformChanges">How often it called UpdateShardCount, where the policy did not begin it; told again they count once.</param>
    public ScalingState Ended(DateTimeOffset at, int uniformChanges = 0) => this with
    {
        LastEnded = LastEnded > at ? LastEnded : at,
        UniformChanges = [.. UniformChanges.Where(c => c > at - Today && (c != at || uniformChanges == 0)), .. Enumerable.Repeat(at, uniformChanges)],
    };

    /// <summary>Returns the state without what a decision of that time added to it.</summary>
    public ScalingState Without(DateTimeOffset decision) => this with
    {
        Changes = [.. Changes.Where(c => c != decision)],
        UniformChanges = [.. UniformChanges.Where(c => c != decision)],
        Splits = [.. Splits.Where(s => s.At != decision)],
    };

    /// <summary>Returns whether it has times that are not over yet: the clock was ahead, or has been set back since.</summary>
    public bool IsAheadOf(DateTimeOffset now) =>
        LastEnded > now || Changes.Concat(UniformChanges).Concat(Splits.Select(static s => s.At)).Any(c => c > now);

    /// <summary>Returns the state without entries that are too old. Times that are not over yet become the present.</summary>
    public ScalingState At(DateTimeOffset now)
    {
        return this with
        {
            Changes = OfToday(Changes),
            UniformChanges = OfToday(UniformChanges),
            LastEnded = LastEnded > now ? now : LastEnded,
            Splits = [.. Splits.Where(s => s.At > now - SplitsFor).TakeLast(MostSplits).Select(s => s.At > now ? s with { At = now } : s)],
        };

        IReadOnlyList<DateTimeOffset> OfToday(IReadOnlyList<DateTimeOffset> times) =>
            [.. times.Where(t => t > now - Today).Select(t => t > now ? now : t)];
    }
}

/// <summary>A range that was split for its load, and that load: the range is not merged again while the load lasts.</summary>
/// <param name="Start">Its first hash key.</param>
/// <param name="End">Its last hash key.</param>
/// <param name="Utilisation">Its demand then, in shards; for many shards, the average of each.</param>
/// <param name="Shards">1, or the former number of even shards of the whole stream that UpdateShardCount increased.</param>
internal sealed record PastSplit(UInt128 Start, UInt128 End, double Utilisation, DateTimeOffset At, int Shards = 1)
{
    /// <summary>Gets the ranges of the former shards.</summary>
    public IEnumerable<(UInt128 Start, UInt128 End)> Ranges => Shards == 1
        ? [(Start, End)]
        : Enumerable.Range(0, Shards).Select(i => (EvenRanges.Start(i, Shards), i + 1 < Shards ? EvenRanges.Start(i + 1, Shards) - 1 : UInt128.MaxValue));
}

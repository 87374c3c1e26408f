using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

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

using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>The hash key at which a shard is split, and what the split does to its load.</summary>
/// <param name="Key">The hash key at which the second child starts.</param>
/// <param name="LowerShare">The first child's share of the shard's load.</param>
/// <param name="Dominant">The key with most of the load, where there is one: no split can divide its load.</param>
internal sealed record ChosenSplit(UInt128 Key, double LowerShare, HotKey? Dominant)
{
    /// <summary>A key with more than this share of a shard's load dominates it.</summary>
    public const double DominantShare = 0.8;

    /// <summary>Gets whether the split takes enough load off the heavier child to be worth a shard.</summary>
    public bool Helps => Dominant is null && Math.Max(LowerShare, 1 - LowerShare) <= DominantShare;

    /// <summary>Describes the effect of the split, in a sentence.</summary>
    public string Describe() => Dominant is { } key
        ? $"No split can help: one key{(key.Key is null ? "" : $" '{key.Key}'")} with hash key {key.Hash} is {key.Share:P0} of the load."
        : $"The children get {LowerShare:P0} and {1 - LowerShare:P0} of the load.";
}

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>One shard and the hash keys it owns, both ends included.</summary>
internal sealed record ShardRange(string ShardId, UInt128 StartingHashKey, UInt128 EndingHashKey)
{
    public bool Contains(UInt128 hashKey) => hashKey >= StartingHashKey && hashKey <= EndingHashKey;

    /// <summary>Whether everything between the two hash keys lies in this shard.</summary>
    public bool Contains(UInt128 lowest, UInt128 highest) => lowest >= StartingHashKey && highest <= EndingHashKey;
}

using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Maps;

/// <summary>How shards are ordered.</summary>
internal static class ShardOrder
{
    /// <summary>Orders shards by where the range starts, then by where it ends, then the older shard first.</summary>
    public static readonly Comparison<ShardRange> ByRange = (left, right) =>
    {
        var order = left.StartingHashKey.CompareTo(right.StartingHashKey);
        if (order == 0)
            order = left.EndingHashKey.CompareTo(right.EndingHashKey);
        return order != 0 ? order : CompareAge(left.ShardId, right.ShardId);
    };

    /// <summary>
    /// Negative when the first shard is the older one. Kinesis numbers shards upwards, padded to twelve digits
    /// (<c>shardId-000000000007</c>), so a child's id is always greater than its parents'.
    /// </summary>
    public static int CompareAge(string left, string right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(left, right);
}

using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Maps;

/// <summary>A contiguous range of hash keys, up to and including <paramref name="End"/>, with one owner.</summary>
/// <param name="End">The last hash key of the range; the next segment starts after it.</param>
/// <param name="Shard">The owner's index, or <see cref="ShardMap.None"/>.</param>
internal readonly record struct ShardSegment(UInt128 End, int Shard)
{
    /// <summary>As <see cref="Flatten"/>, for shards that do not overlap: most maps.</summary>
    public static ShardSegment[] Line(ReadOnlySpan<ShardRange> shards)
    {
        var segments = new List<ShardSegment>(shards.Length + 1);
        var start = UInt128.Zero;
        for (var i = 0; i < shards.Length; i++)
        {
            if (shards[i].StartingHashKey > start)
                segments.Add(new ShardSegment(shards[i].StartingHashKey - 1, ShardMap.None));
            segments.Add(new ShardSegment(shards[i].EndingHashKey, i));
            if (shards[i].EndingHashKey == UInt128.MaxValue)
                return [.. segments];
            start = shards[i].EndingHashKey + 1;
        }

        segments.Add(new ShardSegment(UInt128.MaxValue, ShardMap.None));
        return [.. segments];
    }

    /// <summary>Divides 0 to 2^128 − 1 into segments without gaps or overlaps. Where shards overlap, the youngest is the owner.</summary>
    /// <param name="shards">The shards, sorted by where they start.</param>
    public static ShardSegment[] Flatten(ReadOnlySpan<ShardRange> shards)
    {
        var segments = new List<ShardSegment>(shards.Length + 1);
        // Shards that reach the current segment, youngest first; shards that have ended are dropped when they come to the top.
        var reaching = new PriorityQueue<int, string>(Comparer<string>.Create((left, right) => ShardOrder.CompareAge(right, left)));
        var start = UInt128.Zero;
        var next = 0;
        while (true)
        {
            for (; next < shards.Length && shards[next].StartingHashKey <= start; next++)
                reaching.Enqueue(next, shards[next].ShardId);
            while (reaching.TryPeek(out var top, out _) && shards[top].EndingHashKey < start)
                reaching.Dequeue();

            var owner = reaching.TryPeek(out var youngest, out _) ? youngest : ShardMap.None;
            var end = owner == ShardMap.None ? UInt128.MaxValue : shards[owner].EndingHashKey;
            if (next < shards.Length && shards[next].StartingHashKey <= end)
                end = shards[next].StartingHashKey - 1;

            if (segments.Count > 0 && segments[^1].Shard == owner)
                segments[^1] = new ShardSegment(end, owner);
            else
                segments.Add(new ShardSegment(end, owner));
            if (end == UInt128.MaxValue)
                return [.. segments];
            start = end + 1;
        }
    }
}

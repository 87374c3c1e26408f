using System.Numerics;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Maps;

/// <summary>Draws maps of listed shards, and compares them.</summary>
internal static class ShardMaps
{
    /// <summary>Returns the map of a listing in any order.</summary>
    public static ShardMap Of(long version, IReadOnlyList<ShardRange> openShards)
    {
        ShardRange[] shards = [.. openShards];
        Array.Sort(shards, ShardOrder.ByRange);
        var byId = new Dictionary<string, int>(shards.Length, StringComparer.Ordinal);
        for (var i = 0; i < shards.Length; i++)
            byId[shards[i].ShardId] = i;
        var segments = ShardSegments.Flatten<string>(
            [.. shards.Select(static s => new RankedRange<string>(s.StartingHashKey, s.EndingHashKey, s.ShardId))], ShardOrder.CompareAge);
        return new ShardMap(new ListedShards(shards, byId, segments, AnswersOf(segments)), version);
    }

    extension(ShardMap map)
    {
        /// <summary>Returns this map, read again. It costs nothing, however many shards there are.</summary>
        public ShardMap ReadAgain(long version) => new(map.Listed, version);

        /// <summary>Whether another map shows the same shards.</summary>
        public bool HasShardsOf(ShardMap other) =>
            ReferenceEquals(map.Listed, other.Listed) || map.Listed.Shards.AsSpan().SequenceEqual(other.Listed.Shards);

        /// <summary>Whether a listing, in any order, shows the same shards.</summary>
        public bool Shows(IReadOnlyList<ShardRange> openShards) =>
            openShards.Count == map.Count && openShards.All(s => map.IndexOf(s.ShardId) is >= 0 and var index && map[index] == s);

        /// <summary>Whether any two shards of the map overlap, as a parent and its child do.</summary>
        public bool HasOverlaps =>
            map.Listed.Shards.Zip(map.Listed.Shards.Skip(1)).Any(static pair => pair.Second.StartingHashKey <= pair.First.EndingHashKey);

        /// <summary>Returns the shards that own hash keys of a range. It costs what it finds, and a search.</summary>
        public IEnumerable<ShardRange> OwnersIn(ShardRange range)
        {
            var segments = map.Listed.Segments;
            var index = Array.BinarySearch(segments, new ShardSegment(range.StartingHashKey, ShardMap.None), ByEnd);
            for (index = index < 0 ? ~index : index; index < segments.Length; index++)
            {
                if (segments[index].Shard != ShardMap.None)
                    yield return map[segments[index].Shard];
                if (segments[index].End >= range.EndingHashKey)
                    yield break;
            }
        }

        /// <summary>Tells of each shard of the map whether another one overlaps it. It costs a look at each.</summary>
        public bool[] FindShared()
        {
            var shared = new bool[map.Count];
            // Of the shards before, the one that reaches furthest: if it does not overlap the next one, none does.
            var furthest = 0;
            for (var i = 1; i < shared.Length; i++)
            {
                if (map[i].StartingHashKey <= map[furthest].EndingHashKey)
                    shared[i] = shared[furthest] = true;
                if (map[i].EndingHashKey > map[furthest].EndingHashKey)
                    furthest = i;
            }

            return shared;
        }
    }

    private static readonly Comparer<ShardSegment> ByEnd = Comparer<ShardSegment>.Create(static (a, b) => a.End.CompareTo(b.End));

    private static int[] AnswersOf(ShardSegment[] segments)
    {
        // About sixteen buckets for each segment: one hash key in sixteen is in a bucket with a boundary.
        var bits = Math.Clamp(BitOperations.Log2((uint)segments.Length) + 5, 6, 16);
        var answers = new int[1 << bits];
        var segment = 0;
        for (var bucket = 0; bucket < answers.Length; bucket++)
        {
            var end = new UInt128((((ulong)bucket + 1) << (64 - bits)) - 1, ulong.MaxValue);
            var first = segment;
            while (segments[segment].End < end)
                segment++;
            answers[bucket] = first == segment ? segments[first].Shard : SharedFrom(first);
            if (segments[segment].End == end && segment < segments.Length - 1)
                segment++;
        }

        return answers;
    }

    /// <summary>The value of a bucket that several segments share.</summary>
    private static int SharedFrom(int first) => ShardMap.None - 1 - first;
}

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

/// <summary>Divides the hash keys among shards.</summary>
internal static class ShardSegments
{
    /// <summary>Divides 0 to 2^128 − 1 into segments without gaps or overlaps. Where ranges overlap, the one of the highest rank is the owner.</summary>
    /// <param name="ranges">The ranges, sorted by where they start.</param>
    /// <param name="compare">Compares two ranks. Of shards, the youngest has the highest.</param>
    public static ShardSegment[] Flatten<TRank>(ReadOnlySpan<RankedRange<TRank>> ranges, Comparison<TRank> compare)
    {
        var segments = new List<ShardSegment>(ranges.Length + 1);
        // Ranges that reach the current segment, the highest rank first; those that have ended are dropped when they come to the top.
        var reaching = new PriorityQueue<int, TRank>(Comparer<TRank>.Create((left, right) => compare(right, left)));
        var start = UInt128.Zero;
        var next = 0;
        while (true)
        {
            for (; next < ranges.Length && ranges[next].First <= start; next++)
                reaching.Enqueue(next, ranges[next].Rank);
            while (reaching.TryPeek(out var top, out _) && ranges[top].Last < start)
                reaching.Dequeue();

            var owner = reaching.TryPeek(out var highest, out _) ? highest : ShardMap.None;
            var end = owner == ShardMap.None ? UInt128.MaxValue : ranges[owner].Last;
            if (next < ranges.Length && ranges[next].First <= end)
                end = ranges[next].First - 1;

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

/// <summary>A range of hash keys, both ends included. Of ranges that overlap, the one of the highest rank counts.</summary>
internal readonly record struct RankedRange<TRank>(UInt128 First, UInt128 Last, TRank Rank);

using System.Numerics;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Maps;

/// <summary>
/// An immutable snapshot of a stream's open shards. Every hash key has one owner: the open shard whose range holds it, the younger one where a parent
/// and its child are listed together, or none where the listing has a gap.
/// </summary>
internal sealed class ShardMap
{
    /// <summary>The result where no open shard owns a hash key.</summary>
    public const int None = -1;

    private readonly ShardRange[] _shards;
    private readonly Dictionary<string, int> _byId;
    private readonly ShardSegment[] _segments;

    // One bucket for each value of a hash key's top bits. Where one segment covers the whole bucket, the value is its shard (or None). Otherwise
    // (below None) several share the bucket, and the value tells the first of them. One table: each map of thousands of shards is a large object.
    private readonly int[] _answers;
    private readonly int _shift;
    private readonly bool _overlaps;

    public ShardMap(long version, DateTimeOffset creationTime, IReadOnlyList<ShardRange> openShards)
    {
        Version = version;
        CreationTime = creationTime;
        _shards = [.. openShards];
        Array.Sort(_shards, ShardOrder.ByRange);
        _byId = new Dictionary<string, int>(_shards.Length, StringComparer.Ordinal);
        for (var i = 0; i < _shards.Length; i++)
            _byId[_shards[i].ShardId] = i;
        for (var i = 1; i < _shards.Length; i++)
            _overlaps |= _shards[i].StartingHashKey <= _shards[i - 1].EndingHashKey;

        _segments = _overlaps
            ? ShardSegment.Flatten<string>(
                [.. _shards.Select(static s => new RankedRange<string>(s.StartingHashKey, s.EndingHashKey, s.ShardId))], ShardOrder.CompareAge)
            : ShardSegment.Line(_shards);
        // About sixteen buckets for each segment: one hash key in sixteen is in a bucket with a boundary.
        var bits = Math.Clamp(BitOperations.Log2((uint)_segments.Length) + 5, 6, 16);
        _shift = 64 - bits;
        _answers = new int[1 << bits];
        FillBuckets();
    }

    /// <summary>A map of the shards of another one.</summary>
    private ShardMap(ShardMap other, long version, DateTimeOffset creationTime)
    {
        (Version, CreationTime) = (version, creationTime);
        (_shards, _byId, _segments, _overlaps) = (other._shards, other._byId, other._segments, other._overlaps);
        (_answers, _shift) = (other._answers, other._shift);
    }

    /// <summary>The version of the map, which grows with every refresh of the same stream.</summary>
    public long Version { get; }

    /// <summary>When the stream was created. A stream that was deleted and created again under the same name is another stream.</summary>
    public DateTimeOffset CreationTime { get; }

    public int Count => _shards.Length;

    /// <summary>The shards in the order of their ranges.</summary>
    public ShardRange this[int index] => _shards[index];

    /// <summary>Whether another map shows the same shards.</summary>
    public bool HasShardsOf(ShardMap other) => _shards == other._shards || _shards.AsSpan().SequenceEqual(other._shards);

    /// <summary>Whether a listing, in any order, shows the same shards.</summary>
    public bool Shows(IReadOnlyList<ShardRange> openShards) =>
        openShards.Count == Count && openShards.All(s => _byId.TryGetValue(s.ShardId, out var index) && _shards[index] == s);

    /// <summary>This map, read again. It costs nothing, however many shards there are.</summary>
    public ShardMap ReadAgain(long version, DateTimeOffset creationTime) => new(this, version, creationTime);

    /// <summary>Whether any two shards of the map overlap, as a parent and its child do.</summary>
    public bool HasOverlaps => _overlaps;

    /// <summary>Whether another shard of the map overlaps a shard's range.</summary>
    public bool IsShared(int index) => _overlaps && Array.Exists(
        _shards, s => s != _shards[index] && s.StartingHashKey <= _shards[index].EndingHashKey && s.EndingHashKey >= _shards[index].StartingHashKey);

    /// <summary>The index of a shard by its id, or <see cref="None"/>.</summary>
    public int IndexOf(string shardId) => _byId.TryGetValue(shardId, out var index) ? index : None;

    /// <summary>The index of the shard that owns a hash key, or <see cref="None"/>.</summary>
    public int Find(UInt128 hashKey)
    {
        var bucket = (int)((ulong)(hashKey >> 64) >> _shift);
        var answer = _answers[bucket];
        return answer >= None ? answer : Search(hashKey, FirstOf(answer));
    }

    /// <summary>Finds the shards of many hash keys at once; <see cref="None"/> where there is none.</summary>
    public void Find(ReadOnlySpan<UInt128> hashes, Span<int> indexes)
    {
        indexes = indexes[..hashes.Length];
        var answers = _answers;
        var shift = _shift;
        for (var i = 0; i < hashes.Length; i++)
        {
            var bucket = (int)((ulong)(hashes[i] >> 64) >> shift);
            var answer = answers[bucket];
            indexes[i] = answer >= None ? answer : Search(hashes[i], FirstOf(answer));
        }
    }

    /// <summary>The value of a bucket that several segments share.</summary>
    private static int SharedFrom(int first) => None - 1 - first;

    /// <summary>The first segment of a bucket that several share.</summary>
    private static int FirstOf(int answer) => None - 1 - answer;

    /// <summary>Searches the segments from one on. Most buckets that are shared have two.</summary>
    private int Search(UInt128 hashKey, int first)
    {
        var (low, high) = (first, first);
        for (var step = 1; _segments[high].End < hashKey; step *= 2)
            (low, high) = (high + 1, Math.Min(high + step, _segments.Length - 1));
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_segments[middle].End < hashKey)
                low = middle + 1;
            else
                high = middle;
        }
        return _segments[low].Shard;
    }

    private void FillBuckets()
    {
        var segment = 0;
        for (var bucket = 0; bucket < _answers.Length; bucket++)
        {
            var end = new UInt128((((ulong)bucket + 1) << _shift) - 1, ulong.MaxValue);
            var first = segment;
            while (_segments[segment].End < end)
                segment++;
            _answers[bucket] = first == segment ? _segments[first].Shard : SharedFrom(first);
            if (_segments[segment].End == end && segment < _segments.Length - 1)
                segment++;
        }
    }
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

/// <summary>
/// Groups the records of a batch by shard and keeps their order within each shard. The time hardly depends on the number of shards, because each
/// shard takes one bit.
/// </summary>
internal sealed class ShardSorter
{
    private const int None = -1;

    private readonly int[] _shards;
    private readonly int[] _next;
    private readonly int[] _picks;
    private readonly int[] _touched;
    private int[] _first = [];

    // A bit for each shard that has records; all bits are clear between two batches.
    private ulong[] _marks = [];
    private int _touchedCount;

    public ShardSorter(int maxRecords)
    {
        _shards = new int[maxRecords];
        _next = new int[maxRecords];
        _picks = new int[maxRecords];
        _touched = new int[maxRecords];
    }

    /// <summary>The indexes in the map of the shards that have records, ascending. The index one past the map stands for no shard.</summary>
    public ReadOnlySpan<int> Touched => _touched.AsSpan(0, _touchedCount);

    public void Sort(ShardMap map, ReadOnlySpan<UInt128> hashes)
    {
        if (_first.Length <= map.Count)
        {
            _first = new int[map.Count + 1];
            _marks = new ulong[(map.Count / 64) + 1];
        }

        var shards = _shards.AsSpan(0, hashes.Length);
        if (map.Count == 0)
            shards.Fill(None);
        else
            map.Find(hashes, shards);

        // Backwards, so that each chain runs forwards.
        for (var pick = hashes.Length - 1; pick >= 0; pick--)
        {
            var shard = shards[pick] >= 0 ? shards[pick] : map.Count;
            ref var mark = ref _marks[shard / 64];
            var bit = 1UL << (shard % 64);
            ref var first = ref _first[shard];
            _next[pick] = (mark & bit) == 0 ? None : first;
            mark |= bit;
            first = pick;
        }

        _touchedCount = 0;
        for (var word = 0; word < _marks.Length; word++)
        {
            for (var marks = _marks[word]; marks != 0; marks &= marks - 1)
                _touched[_touchedCount++] = (word * 64) + BitOperations.TrailingZeroCount(marks);
            _marks[word] = 0;
        }
    }

    /// <summary>The records of one shard that has records, in their order.</summary>
    public ReadOnlySpan<int> PicksOf(int shard)
    {
        var count = 0;
        for (var pick = _first[shard]; pick != None; pick = _next[pick])
            _picks[count++] = pick;
        return _picks.AsSpan(0, count);
    }
}

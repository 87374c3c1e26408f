using System.Numerics;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Maps;

/// <summary>
/// An immutable snapshot of a stream's open shards. Every hash key has one owner: the open shard whose range holds it, the younger one where a parent
/// and its child are listed together, or none where the listing has a gap.
/// </summary>
/// <param name="version">The version of the map, which grows with every refresh of the same stream.</param>
internal sealed class ShardMap(ListedShards listed, long version)
{
    /// <summary>The result where no open shard owns a hash key.</summary>
    public const int None = -1;

    private readonly ShardRange[] _shards = listed.Shards;
    private readonly Dictionary<string, int> _byId = listed.ById;
    private readonly ShardSegment[] _segments = listed.Segments;
    private readonly int[] _answers = listed.Answers;
    private readonly int _shift = 64 - BitOperations.Log2((uint)listed.Answers.Length);

    /// <summary>The shards. Maps that show the same ones share it.</summary>
    public ListedShards Listed => listed;

    public long Version => version;

    public int Count => _shards.Length;

    /// <summary>The shards in the order of their ranges.</summary>
    public ShardRange this[int index] => _shards[index];

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
}

/// <summary>The open shards of a stream, prepared for searching.</summary>
/// <param name="Shards">The shards in the order of their ranges.</param>
/// <param name="ById">The index of each.</param>
/// <param name="Segments">Which shard owns which hash keys, without gaps or overlaps.</param>
/// <param name="Answers">
/// One bucket for each value of a hash key's top bits. Where one segment covers the whole bucket, the value is its shard, or <see cref="ShardMap.None"/>.
/// Otherwise (below that) several share the bucket, and the value tells the first of them. One array: that of thousands of shards is a large object.
/// </param>
internal sealed record ListedShards(ShardRange[] Shards, Dictionary<string, int> ById, ShardSegment[] Segments, int[] Answers);

/// <summary>A contiguous range of hash keys, up to and including <paramref name="End"/>, with one owner.</summary>
/// <param name="End">The last hash key of the range; the next segment starts after it.</param>
/// <param name="Shard">The owner's index, or <see cref="ShardMap.None"/>.</param>
internal readonly record struct ShardSegment(UInt128 End, int Shard);

/// <summary>
/// Groups the records of a batch by shard and keeps their order within each shard. The time hardly depends on the number of shards, because each
/// shard takes one bit.
/// </summary>
internal sealed class ShardSorter(int maxRecords)
{
    private const int None = -1;

    private readonly int[] _shards = new int[maxRecords];
    private readonly int[] _next = new int[maxRecords];
    private readonly int[] _picks = new int[maxRecords];
    private readonly int[] _touched = new int[maxRecords];
    private int[] _first = [];

    // A bit for each shard that has records; all bits are clear between two batches.
    private ulong[] _marks = [];
    private int _touchedCount;

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

using System.Numerics;

namespace Orleans.Kpl.Pipeline.Maps;

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

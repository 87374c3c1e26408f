namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>
/// Gathers the records of a batch by shard, keeping their order within each, in time that depends on the records only and not
/// on the number of shards.
/// </summary>
internal sealed class ShardSorter
{
    private const int None = -1;

    private readonly int[] _shards;
    private readonly int[] _next;
    private readonly int[] _picks;
    private readonly int[] _touched;
    private int[] _first = [];
    private int _touchedCount;

    public ShardSorter(int maxRecords)
    {
        _shards = new int[maxRecords];
        _next = new int[maxRecords];
        _picks = new int[maxRecords];
        _touched = new int[maxRecords];
    }

    /// <summary>The places in the map of the shards that have records; one place further stands for no shard.</summary>
    public ReadOnlySpan<int> Touched => _touched.AsSpan(0, _touchedCount);

    public void Sort(ShardMap map, ReadOnlySpan<UInt128> hashes)
    {
        foreach (var shard in Touched)
            _first[shard] = None;
        _touchedCount = 0;
        if (_first.Length <= map.Count)
        {
            _first = new int[map.Count + 1];
            Array.Fill(_first, None);
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
            ref var first = ref _first[shard];
            if (first == None)
                _touched[_touchedCount++] = shard;
            _next[pick] = first;
            first = pick;
        }
    }

    /// <summary>The records of one touched shard, in their order.</summary>
    public ReadOnlySpan<int> PicksOf(int shard)
    {
        var count = 0;
        for (var pick = _first[shard]; pick != None; pick = _next[pick])
            _picks[count++] = pick;
        return _picks.AsSpan(0, count);
    }
}

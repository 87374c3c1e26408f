using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Maps;

/// <summary>
/// Finds the shards of a listing that share hash keys with another shard. A listing may hold parents beside their children. Each question costs
/// what it finds, and a search: a stream of thousands of shards asks thousands of them when it is doubled.
/// </summary>
internal sealed class ShardOverlaps
{
    private readonly ShardRange[] _byStart;

    /// <summary>The last hash key of all shards up to each place of <see cref="_byStart"/>.</summary>
    private readonly UInt128[] _lastUpTo;

    public ShardOverlaps(IReadOnlyList<ShardRange> shards)
    {
        _byStart = [.. shards];
        Array.Sort(_byStart, static (a, b) => a.StartingHashKey.CompareTo(b.StartingHashKey));
        _lastUpTo = new UInt128[_byStart.Length];
        var last = UInt128.Zero;
        for (var i = 0; i < _byStart.Length; i++)
            _lastUpTo[i] = last = UInt128.Max(last, _byStart[i].EndingHashKey);
    }

    /// <summary>Returns the shards that share hash keys with this one, in any order.</summary>
    public IEnumerable<ShardRange> With(ShardRange shard)
    {
        for (var index = LastFrom(shard.EndingHashKey); index >= 0 && _lastUpTo[index] >= shard.StartingHashKey; index--)
        {
            if (_byStart[index].EndingHashKey >= shard.StartingHashKey)
                yield return _byStart[index];
        }
    }

    /// <summary>The last place of a shard that begins at a hash key or before it; −1 for none.</summary>
    private int LastFrom(UInt128 hashKey)
    {
        var (low, high) = (0, _byStart.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_byStart[middle].StartingHashKey <= hashKey)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }
}

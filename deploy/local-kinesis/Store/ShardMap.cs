namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>The open shards of a stream by hash key; immutable.</summary>
internal sealed class ShardMap
{
    private readonly UInt128[] _starts;
    private readonly Shard[] _shards;

    public ShardMap(IEnumerable<Shard> open)
    {
        _shards = [.. open.OrderBy(shard => shard.Range.Start)];
        _starts = [.. _shards.Select(shard => shard.Range.Start)];
    }

    public ReadOnlySpan<Shard> Shards => _shards;

    public Shard Find(UInt128 hash)
    {
        var at = _starts.AsSpan().BinarySearch(hash);
        return _shards[at >= 0 ? at : ~at - 1];
    }
}

/// <summary>The hash keys of a shard, both ends included.</summary>
internal readonly record struct HashKeyRange(UInt128 Start, UInt128 End)
{
    public bool Contains(UInt128 hash) => hash >= Start && hash <= End;

    /// <summary>Even ranges as the service cuts them: each as long as 2^128 / count rounded down, the last up to the end.</summary>
    public static HashKeyRange[] Even(int count)
    {
        var ranges = new HashKeyRange[count];
        // 2^128 / count without 129 bits: (2^128 - 1) / count differs only where count divides 2^128.
        var length = UInt128.MaxValue / (UInt128)count + (UInt128.MaxValue % (UInt128)count == (UInt128)count - 1 ? 1 : (UInt128)0);
        for (var i = 0; i < count; i++)
        {
            var start = (UInt128)i * length;
            ranges[i] = new(start, i == count - 1 ? UInt128.MaxValue : start + length - 1);
        }
        return ranges;
    }
}

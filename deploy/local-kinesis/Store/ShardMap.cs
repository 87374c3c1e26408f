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

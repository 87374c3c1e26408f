namespace Orleans.Kpl.Cli.Tail;

/// <summary>Tracks which shards may be read: the shards whose known parents have all been read to their end.</summary>
internal sealed class ShardLineage
{
    private readonly Dictionary<string, string[]> _waiting = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unfinished = new(StringComparer.Ordinal);

    /// <summary>The number of shards found so far.</summary>
    public int Count => _known.Count;

    /// <summary>Adds a shard; false if it is known already.</summary>
    public bool Add(string shardId, IEnumerable<string?> parents)
    {
        if (!_known.Add(shardId))
            return false;
        _unfinished.Add(shardId);
        _waiting.Add(shardId, [.. parents.OfType<string>()]);
        return true;
    }

    /// <summary>Whether a child of this shard is known.</summary>
    public bool HasChild(string shardId) => _waiting.Values.Any(parents => parents.Contains(shardId, StringComparer.Ordinal));

    /// <summary>Removes and returns the shards that may be read now, in the order of their ids.</summary>
    public IReadOnlyList<string> TakeReady()
    {
        var ready = _waiting.Where(shard => !shard.Value.Any(_unfinished.Contains)).Select(static shard => shard.Key).Order(StringComparer.Ordinal).ToList();
        foreach (var shard in ready)
            _waiting.Remove(shard);
        return ready;
    }

    /// <summary>Notes that the shard was read to its end, so that its children may follow.</summary>
    public void Finish(string shardId) => _unfinished.Remove(shardId);
}

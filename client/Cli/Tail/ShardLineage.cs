namespace Orleans.Kpl.Cli.Tail;

/// <summary>Which shards may be read: those whose parents, as far as they are known, have been read to their end.</summary>
internal sealed class ShardLineage
{
    private readonly Dictionary<string, string[]> _waiting = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unfinished = new(StringComparer.Ordinal);

    /// <summary>Shards that were found so far.</summary>
    public int Count => _known.Count;

    /// <summary>Adds a shard; false where it is known already.</summary>
    public bool Add(string shardId, IEnumerable<string?> parents)
    {
        if (!_known.Add(shardId))
            return false;
        _unfinished.Add(shardId);
        _waiting.Add(shardId, [.. parents.OfType<string>()]);
        return true;
    }

    /// <summary>Whether anything is known that follows this shard.</summary>
    public bool HasChild(string shardId) => _waiting.Values.Any(parents => parents.Contains(shardId, StringComparer.Ordinal));

    /// <summary>Takes out the shards that may be read now, in the order of their ids.</summary>
    public IReadOnlyList<string> TakeReady()
    {
        var ready = _waiting.Where(shard => !shard.Value.Any(_unfinished.Contains)).Select(static shard => shard.Key).Order(StringComparer.Ordinal).ToList();
        foreach (var shard in ready)
            _waiting.Remove(shard);
        return ready;
    }

    /// <summary>The shard was read to its end: its children may follow.</summary>
    public void Finish(string shardId) => _unfinished.Remove(shardId);
}

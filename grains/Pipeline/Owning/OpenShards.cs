using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Which shards of a stream this process serves, by shard id: a shard may be taken over before the map shows it, and stays so
/// when the map is read again.
/// </summary>
internal sealed class OpenShards(StreamSender sender, Action<KinesisRecord> reroute)
{
    private readonly Dictionary<string, ShardLevel?> _open = new(StringComparer.Ordinal);

    /// <summary>A map brings a new engine: it opens at once where its shard is served here.</summary>
    public void Adopt(ShardEngine engine)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(engine.Range.ShardId, out var level))
                return;
            engine.Open(level);
            _open[engine.Range.ShardId] = null;
        }
    }

    /// <summary>The shards that are served here, whether or not the map shows them.</summary>
    public IReadOnlyList<string> Ids
    {
        get
        {
            lock (_open)
                return [.. _open.Keys];
        }
    }

    /// <summary>Serves the shard from now on.</summary>
    public void Open(ShardTopology topology, string shardId, ShardLevel? level)
    {
        lock (_open)
            _open[shardId] = level;
        if (topology.EngineOf(shardId) is { } engine)
            Adopt(engine);
    }

    /// <summary>
    /// Serves the shard no more. What is held may still leave for so long; then it is routed anew. Completes when no call holds
    /// anything of it.
    /// </summary>
    /// <returns>Where the shard's bucket stands; null where no map showed it.</returns>
    public async Task<ShardLevel?> CloseAsync(ShardTopology topology, string shardId, Task patience)
    {
        lock (_open)
        {
            if (!_open.Remove(shardId))
                return null;
        }

        if (topology.EngineOf(shardId) is not { } engine)
            return null;
        var empty = engine.LeaveAsync();
        sender.Expedite();
        await Task.WhenAny(empty, patience).ConfigureAwait(false);
        await Task.WhenAny(sender.ClearedOfAsync(r => r.Engine == engine), patience).ConfigureAwait(false);

        var (held, level) = engine.HandOver();
        foreach (var record in held.Concat(sender.TakeOut(r => r.Engine == engine)))
            reroute(record);
        await sender.ClearedOfAsync(r => r.Engine == engine).ConfigureAwait(false);
        return level;
    }
}

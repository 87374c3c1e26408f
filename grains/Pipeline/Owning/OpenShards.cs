using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Which shards of a stream this process serves, by shard id: a shard may be taken over before the map shows it, and stays so
/// when the map is read again.
/// </summary>
internal sealed class OpenShards(StreamSender sender, IShardOwners? owners, MonotonicClock clock, Action<KinesisRecord> reroute)
{
    /// <summary>How long a listing may lag behind a shard that is served already.</summary>
    private const long LongestLag = 30 * TimeSpan.TicksPerSecond;

    private readonly Dictionary<string, Opening> _open = new(StringComparer.Ordinal);

    /// <summary>A map brings a new engine: it opens at once where its shard is served here.</summary>
    public void Adopt(ShardEngine engine)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(engine.Range.ShardId, out var opening))
                return;
            if (!opening.From.IsCompleted)
                _ = PauseAsync(engine, opening.From);
            engine.Open(opening.Level, owners);
            _open[engine.Range.ShardId] = opening with { Level = null };
        }

        engine.Lane?.Go();
    }

    /// <summary>
    /// Whether the shard is served here and the map does not show it yet. A map that still does not after a while will not, nor that of a stream which
    /// was created again: its shards are others, and whoever sends for the former ones does not know.
    /// </summary>
    public bool Expects(ShardTopology topology, string shardId)
    {
        // The topology's lock comes before the one here.
        if (topology.RangeOf(shardId) is not null)
            return false;
        lock (_open)
            return _open.TryGetValue(shardId, out var opening) && opening.Life == topology.Life && clock.Now - opening.At < LongestLag;
    }

    /// <summary>Serves the shard from now on: records are taken in at once, and sent when <paramref name="from"/> has ended, however.</summary>
    public void Open(ShardTopology topology, string shardId, ShardLevel? level, Task from)
    {
        lock (_open)
            _open[shardId] = new Opening(level, from, topology.Life, clock.Now);
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

        var engine = topology.EngineOf(shardId);
        if (engine is null or { Succession: not null })
        {
            var last = engine?.Succession is { } succession
                ? await HandOverInOrderAsync(engine, succession, patience).ConfigureAwait(false)
                : default(ShardLevel?);
            await EndRetiredAsync(shardId).ConfigureAwait(false);
            return last;
        }

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

    /// <summary>What is in flight comes to its end, or back into its place, before anything newer goes to the next owner.</summary>
    private async Task<ShardLevel?> HandOverInOrderAsync(ShardEngine engine, ShardSuccession succession, Task patience)
    {
        succession.BeginHandOver();
        var empty = engine.LeaveAsync();
        sender.Expedite();
        await Task.WhenAny(empty, patience).ConfigureAwait(false);
        engine.Pause();
        foreach (var record in sender.TakeOut(r => r.Engine == engine))
        {
            engine.GiveBack(record);
            if (!engine.TryTakeBack(record))
                reroute(record);
        }

        await succession.QuietAsync().ConfigureAwait(false);
        var (held, level) = engine.HandOver();
        foreach (var record in held)
            reroute(record);
        engine.Resume();
        succession.EndHandOver();
        return level;
    }

    /// <summary>An engine that the map shows no more, or has replaced by another, may still have its last record in flight.</summary>
    private async Task EndRetiredAsync(string shardId)
    {
        foreach (var record in sender.TakeOut(r => IsOf(r, shardId)))
            reroute(record);
        await sender.ClearedOfAsync(r => IsOf(r, shardId)).ConfigureAwait(false);
    }

    private static bool IsOf(KinesisRecord record, string shardId) => record.Engine is { Succession: not null } engine && engine.Range.ShardId == shardId;

    private static async Task PauseAsync(ShardEngine engine, Task until)
    {
        engine.Pause();
        await until.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        engine.Resume();
    }

    private readonly record struct Opening(ShardLevel? Level, Task From, int Life, long At);
}

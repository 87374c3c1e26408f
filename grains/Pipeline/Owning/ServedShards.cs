using System.Collections.Immutable;
using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Doubts;
using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Which shards of a stream this process serves, by shard id. A shard may be taken over before the map shows it, and stays taken over when the map is
/// read again.
/// </summary>
/// <remarks>
/// Each stay of a shard here ends once its shard is over, however that comes about; else its epoch would be kept, and its children wait for it. A
/// shard that a map has shown is over when its engine retires. One that no map has shown is sought from its opening on, whether its turn has come or
/// not, and whoever wrote its row: <see cref="ShardSearch"/> ends with a map that shows it, with the closed shards among which it is, or after a while,
/// because no map will ever show it. The stay ends then, unless the map in force shows the shard. There is no third kind: at its opening either the map
/// in force shows it, and the engine is adopted, or it is sought; a map that comes into force between the two looks adopts its engine, and ends the
/// search. The search ends in the same way where the shard was known to be over already.
/// </remarks>
internal sealed class ServedShards(
    ShardTopology topology, StreamSender sender, ShardMapReader map, ShardSearch search, Rerouter rerouter, IShardOwners? owners, MonotonicClock clock,
    Action openedHere)
{
    private readonly Dictionary<string, Opening> _open = new(StringComparer.Ordinal);
    private readonly List<ShardClosing> _closing = [];

    /// <summary>The shards of <see cref="_open"/> that are sought. Replaced under its lock.</summary>
    private ImmutableHashSet<string> _sought = ImmutableHashSet.Create<string>(StringComparer.Ordinal);

    /// <summary>How many shards are served here, or are being closed.</summary>
    public int Count
    {
        get
        {
            lock (_open)
                return _open.Count + _closing.Count;
        }
    }

    /// <summary>The shards that are served here, in the order of their ids.</summary>
    public IReadOnlyList<string> Ids
    {
        get
        {
            lock (_open)
                return [.. _open.Keys.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Whether one of them may not send yet, since a former owner might.</summary>
    public bool AwaitsFormerOwner
    {
        get
        {
            lock (_open)
                return _open.Values.Any(static o => !o.From.IsCompleted);
        }
    }

    /// <summary>The shard map in force; empty while none is known.</summary>
    public ShardMap Map => topology.Current.Map;

    /// <summary>Returns the id of the shard that has that hash key by the map in force; empty where the map has none.</summary>
    public string ShardOf(UInt128 hashKey) => topology.Current.Find(hashKey).Range.ShardId;

    /// <summary>Opens a new engine of the map immediately if its shard is served here.</summary>
    public void Adopt(ShardEngine engine)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(engine.Range.ShardId, out var opening))
                return;
            if (!opening.From.IsCompletedSuccessfully)
                _ = PauseAsync(engine, opening);
            engine.Open(opening.Level, owners is null ? null : owners.Opened);
            _open[engine.Range.ShardId] = opening with { Level = null };
        }

        engine.Queue?.Resume();
    }

    /// <summary>
    /// Whether the shard is served here although the map does not show it yet. A map that does not show the shard after a while never will. Nor will the
    /// map of a stream that was created again: its shards are others, which a process that sends for the former shards does not know.
    /// </summary>
    public bool Expects(string shardId) => Volatile.Read(ref _sought).Contains(shardId) && !topology.IsExplained(shardId);

    /// <summary>Has the map asked for after this call; true when it was read and shows the shard.</summary>
    public async Task<bool> IsListedAsync(string shardId, CancellationToken cancellationToken) =>
        await map.ReadAsync().WaitAsync(cancellationToken).ConfigureAwait(false) && topology.EngineOf(shardId) is not null;

    /// <summary>Whether the shard was once open and is permanently closed.</summary>
    public bool IsOver(string shardId) => topology.IsOver(shardId);

    /// <summary>
    /// Lists the older shards whose ranges overlap this shard's range, as far as Kinesis lists them or this process has seen them. Waits until it is
    /// known what became of the shard.
    /// </summary>
    /// <exception cref="KinesisException">That is not known, or the closed shards cannot be listed now.</exception>
    public async Task<IReadOnlyList<string>> ListBeforeAsync(string shardId, CancellationToken cancellationToken)
    {
        if (!topology.IsExplained(shardId))
            await search.RunAsync(shardId, () => cancellationToken.IsCancellationRequested).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (topology.RangeOf(shardId) is not { } range)
            throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, $"no listing shows the shard {shardId}");
        return topology.Before(range, await map.ListClosedAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Starts serving the shard.</summary>
    /// <param name="shardId">The shard; the map need not show it yet.</param>
    /// <param name="level">The level of its token bucket; null for a shard that no process served before.</param>
    /// <param name="from">
    /// Records are accepted immediately, but sent only when this task has succeeded. If it fails or is canceled, nothing is sent before the shard is
    /// closed and opened again.
    /// </param>
    public void Open(string shardId, ShardLevel? level, Task? from = null)
    {
        Opening former;
        var opening = new Opening(level, from ?? Task.CompletedTask, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_open)
        {
            _open.TryGetValue(shardId, out former);
            _sought = _sought.Add(shardId);
            _open[shardId] = opening;
        }

        openedHere();
        if (topology.EngineOf(shardId) is { } engine)
        {
            Adopt(engine);
            EndSearch(shardId, opening);
        }
        else
        {
            _ = SeekAsync(shardId, opening);
        }

        // Only now: otherwise the engine could send between the former stay and this one, which may have to wait too.
        former.Closed?.TrySetResult();
    }

    /// <summary>
    /// Stops serving the shard. Held records may still be sent until the patience task completes; then they are routed anew. If it has completed
    /// already, no call begins with a record of the shard. Completes when no call holds one.
    /// </summary>
    /// <returns>The level of the shard's token bucket; null where no map showed the shard.</returns>
    public async Task<ShardLevel?> CloseAsync(string shardId, Task patience)
    {
        Opening opening;
        var closing = new ShardClosing(shardId, patience);
        lock (_open)
        {
            _sought = _sought.Remove(shardId);
            if (!_open.Remove(shardId, out opening))
                return null;
            _closing.Add(closing);
        }

        try
        {
            return await CloseEngineAsync(closing).ConfigureAwait(false);
        }
        finally
        {
            lock (_open)
                _closing.Remove(closing);
            opening.Closed.TrySetResult();
        }
    }

    /// <summary>
    /// Stops serving a shard that another process serves by now: nothing more is sent for it, even if it is being closed already.
    /// Completes when no call holds a record of the shard; the held records are routed anew afterwards.
    /// </summary>
    public Task LoseAsync(string shardId, Action<Exception> failed)
    {
        // All that needs no waiting is done when the call returns: the engine is paused, and collected records are back.
        _ = ObserveAsync(CloseAsync(shardId, Task.CompletedTask), failed);
        ShardClosing[] underWay;
        lock (_open)
            underWay = [.. _closing.Where(c => c.ShardId == shardId)];
        foreach (var closing in underWay)
        {
            if (closing.Lose() is { } engine)
                TakeBackCollected(engine);
        }

        return sender.ClearedOfAsync(r => r.Engine.Range.ShardId == shardId);
    }

    private async Task<ShardLevel?> CloseEngineAsync(ShardClosing closing)
    {
        var shardId = closing.ShardId;
        var engine = topology.EngineOf(shardId);
        if (engine is null or { Policy.KeepsPlaces: true })
        {
            var last = engine?.Order is { } succession
                ? await HandOverInOrderAsync(engine, succession, closing).ConfigureAwait(false)
                : default(ShardLevel?);
            await EndRetiredAsync(shardId).ConfigureAwait(false);
            return last;
        }

        await LeaveAsync(engine, closing).ConfigureAwait(false);
        await Task.WhenAny(sender.ClearedOfAsync(r => r.Engine == engine), closing.Patience).ConfigureAwait(false);
        closing.Pause();
        TakeBackCollected(engine);
        var (held, level) = engine.HandOver();
        foreach (var record in held)
            rerouter.Reroute(record);
        closing.Resume();
        await sender.ClearedOfAsync(r => r.Engine == engine).ConfigureAwait(false);
        return level;
    }

    /// <summary>
    /// Hands over an ordered shard: records in flight get their outcomes or return to their place before any newer record goes to the next owner.
    /// </summary>
    private async Task<ShardLevel?> HandOverInOrderAsync(ShardEngine engine, ShardSuccession succession, ShardClosing closing)
    {
        succession.BeginHandOver();
        await LeaveAsync(engine, closing).ConfigureAwait(false);
        closing.Pause();
        TakeBackCollected(engine);
        await succession.QuietAsync().ConfigureAwait(false);
        var (held, level) = engine.HandOver();
        foreach (var record in held)
            rerouter.Reroute(record);
        closing.Resume();
        succession.EndHandOver();
        return level;
    }

    /// <summary>Has the engine send what it holds, until it is empty or the patience is over.</summary>
    private async Task LeaveAsync(ShardEngine engine, ShardClosing closing)
    {
        var isOver = closing.Begin(engine) || closing.Patience.IsCompleted;
        // Another process may be sending already. Paused first, since an engine that leaves sends what it holds.
        if (isOver)
            closing.Pause();
        var empty = engine.LeaveAsync();
        if (!isOver)
            sender.Expedite(clock.Now);
        await Task.WhenAny(empty, closing.Patience).ConfigureAwait(false);
    }

    /// <summary>Returns the shard's records that no call has yet to the engine.</summary>
    private void TakeBackCollected(ShardEngine engine)
    {
        foreach (var record in sender.TakeOut(r => r.Engine == engine))
        {
            engine.GiveBack(record);
            if (!engine.TryTakeBack(record))
                rerouter.Reroute(record);
        }
    }

    /// <summary>
    /// Waits for retired engines: one that the map no longer shows, or that was replaced, may still have its last record in flight.
    /// </summary>
    private async Task EndRetiredAsync(string shardId)
    {
        foreach (var record in sender.TakeOut(r => IsOf(r, shardId)))
            rerouter.Reroute(record);
        await sender.ClearedOfAsync(r => IsOf(r, shardId)).ConfigureAwait(false);
    }

    /// <summary>Finds out what became of a shard that the map does not show, and ends its stay unless the map shows it by then.</summary>
    private async Task SeekAsync(string shardId, Opening opening)
    {
        var explained = search.RunAsync(shardId, () => opening.Closed.Task.IsCompleted);
        // While the map cannot be read, the search goes on. Records wait for it no longer than for a listing that lags.
        await explained.WaitAsync(ShardSearch.LongestLag, clock.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        EndSearch(shardId, opening);
        await explained.ConfigureAwait(false);
        // An engine that has come into force meanwhile ends the stay when it retires: it is in force before it retires.
        if (EndSearch(shardId, opening) && topology.EngineOf(shardId) is null)
            owners?.Closed(shardId);
    }

    /// <summary>Notes that the shard is not sought any more. False where that stay has ended, and another one may have begun.</summary>
    private bool EndSearch(string shardId, Opening opening)
    {
        lock (_open)
        {
            var goesOn = _open.TryGetValue(shardId, out var now) && now.Closed == opening.Closed;
            if (goesOn)
                _sought = _sought.Remove(shardId);
            return goesOn;
        }
    }

    private static bool IsOf(KinesisRecord record, string shardId) => record.Engine is { Policy.KeepsPlaces: true } engine && engine.Range.ShardId == shardId;

    private static async Task PauseAsync(ShardEngine engine, Opening opening)
    {
        engine.Pause();
        await opening.From.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // If it is not known that no other process sends, nobody sends here.
        if (!opening.From.IsCompletedSuccessfully)
            await opening.Closed.Task.ConfigureAwait(false);
        engine.Resume();
    }

    private static async Task ObserveAsync(Task closing, Action<Exception> failed)
    {
        try
        {
            await closing.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failed(e);
        }
    }

    /// <summary>One stay of a shard here.</summary>
    /// <param name="Level">The level of its bucket at first; null once an engine has it.</param>
    /// <param name="From">Records are sent when this has succeeded.</param>
    /// <param name="Closed">Completes when the shard is not served here any more.</param>
    private readonly record struct Opening(ShardLevel? Level, Task From, TaskCompletionSource Closed);
}

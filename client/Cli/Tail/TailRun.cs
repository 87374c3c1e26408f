using System.Collections.Concurrent;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Reads a whole stream: all shards in parallel, each after its parents.</summary>
/// <param name="failures">Decides what to do after a failed read.</param>
/// <param name="waits">Is called once, when a stream that is followed has nothing more to read.</param>
/// <param name="mostPages">The most shards that hold a page, of up to 10 MiB, at once.</param>
internal sealed class TailRun(ITailSource source, TailFailures failures, ITailSink output, TimeProvider time, Action? waits = null, int mostPages = 16)
{
    private readonly ShardLineage _lineage = new();
    private readonly HashSet<string> _foundLater = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _behind = new(StringComparer.Ordinal);
    private int _hasWaited;

    /// <summary>The number of shards found so far.</summary>
    public int Shards => _lineage.Count;

    /// <summary>
    /// Reads until every shard, children included, was read to its end or tip; with <paramref name="follow"/>, until the run is stopped or all
    /// shards are closed. Returns whether it came so far.
    /// </summary>
    public async Task<bool> RunAsync(TailStart start, bool follow, CancellationToken stop)
    {
        using var pages = new SemaphoreSlim(mostPages);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, output.Closed);
        List<Task<Finished>> reading = [];
        try
        {
            foreach (var shard in await ListAsync(start.Filter, ending.Token).ConfigureAwait(false))
                Add(shard.ShardId, [shard.ParentShardId, shard.AdjacentParentShardId], shard.HashKeyRange);

            while (true)
            {
                var ready = _lineage.TakeReady();
                foreach (var shard in ready)
                    _behind[shard] = true;
                reading.AddRange(ready.Select(shard => ReadAsync(CreateReader(shard, start, pages), follow, ending.Token)));
                if (reading.Count == 0)
                    return true;
                var first = await Task.WhenAny(reading).ConfigureAwait(false);
                reading.Remove(first);
                await PassOnAsync(await first.ConfigureAwait(false), ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return false; // The run was stopped, or no process reads the output any more.
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(reading)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Finished> ReadAsync(ShardReader reader, bool follow, CancellationToken stop) =>
        new(reader.ShardId, await reader.ReadAsync(follow, output.WriteAsync, stop).ConfigureAwait(false));

    private ShardReader CreateReader(string shardId, TailStart start, SemaphoreSlim pages)
    {
        var position = _foundLater.Contains(shardId) ? ShardPosition.TrimHorizon : start.Position;
        return new ShardReader(source, failures, time, pages, shardId, position) { AtTip = () => ReachTip(shardId), IsEnough = output.IsEnough };
    }

    /// <summary>Notes that a shard is read to its tip. When all are, the run waits for new records.</summary>
    private void ReachTip(string shardId)
    {
        if (_behind.TryRemove(shardId, out _) && _behind.IsEmpty && Interlocked.Exchange(ref _hasWaited, 1) == 0)
            waits?.Invoke();
    }

    private async Task PassOnAsync(Finished finished, CancellationToken stop)
    {
        _lineage.Finish(finished.ShardId);
        _behind.TryRemove(finished.ShardId, out _);
        if (finished.Children is not { } children)
            return;

        foreach (var child in children)
            AddLater(child.ShardId, child.ParentShards ?? [], child.HashKeyRange);
        if (children.Count > 0 || _lineage.HasChild(finished.ShardId))
            return;

        // The endpoint does not name the children of a closed shard: they are looked up.
        foreach (var shard in await ListAsync(ShardFilter.AfterShard(finished.ShardId), stop).ConfigureAwait(false))
        {
            if (shard.ParentShardId == finished.ShardId || shard.AdjacentParentShardId == finished.ShardId)
                AddLater(shard.ShardId, [shard.ParentShardId, shard.AdjacentParentShardId], shard.HashKeyRange);
        }
    }

    private void AddLater(string shardId, IReadOnlyList<string?> parents, HashKeyRange range)
    {
        if (Add(shardId, parents, range))
            _foundLater.Add(shardId);
    }

    private bool Add(string shardId, IReadOnlyList<string?> parents, HashKeyRange range)
    {
        if (!_lineage.Add(shardId, parents))
            return false;
        output.Found(shardId, parents.OfType<string>(), new(range.StartingHashKey, range.EndingHashKey));
        return true;
    }

    private async Task<IReadOnlyList<ShardDescription>> ListAsync(ShardFilter filter, CancellationToken stop)
    {
        var since = time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await source.ListShardsAsync(filter, stop).ConfigureAwait(false);
            }
            catch (KinesisException exception)
            {
                await Task.Delay(failures.Judge(exception, tries, since), time, stop).ConfigureAwait(false);
            }
        }
    }

    /// <param name="Children">The children of a closed shard; null if the tip of an open shard was reached.</param>
    private readonly record struct Finished(string ShardId, IReadOnlyList<ChildShard>? Children);
}

/// <summary>Takes the pages of all shards. Those of one shard come one after the other.</summary>
internal interface ITailSink
{
    /// <summary>Is cancelled when nobody wants more.</summary>
    CancellationToken Closed { get; }

    /// <summary>A shard will be read, after its parents.</summary>
    void Found(string shardId, IEnumerable<string> parents, ShardHashKeys range)
    {
    }

    Task WriteAsync(string shardId, RecordsPage page, CancellationToken stop);

    /// <summary>Whether nothing after the page is wanted of its shard.</summary>
    bool IsEnough(RecordsPage page) => false;
}

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

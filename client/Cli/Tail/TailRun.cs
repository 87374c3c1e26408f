using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Reads a whole stream: all shards in parallel, each after its parents.</summary>
internal sealed class TailRun(ITailSource source, TailFailures failures, TailOutput output, TimeProvider time)
{
    /// <summary>The most shards that hold a page, of up to 10 MiB, at once.</summary>
    private const int Turns = 16;

    private readonly ShardLineage _lineage = new();
    private readonly HashSet<string> _foundLater = new(StringComparer.Ordinal);

    /// <summary>The number of shards found so far.</summary>
    public int Shards => _lineage.Count;

    /// <summary>
    /// Reads until every shard, children included, was read to its end or tip; with <paramref name="follow"/>, until the run is stopped or all
    /// shards are closed.
    /// </summary>
    public async Task RunAsync(TailStart start, bool follow, CancellationToken stop)
    {
        using var turns = new SemaphoreSlim(Turns);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, output.Closed);
        List<Task<Finished>> reading = [];
        try
        {
            foreach (var shard in await ListAsync(start.Filter, ending.Token).ConfigureAwait(false))
                _lineage.Add(shard.ShardId, [shard.ParentShardId, shard.AdjacentParentShardId]);

            while (true)
            {
                foreach (var shard in _lineage.TakeReady())
                {
                    var position = _foundLater.Contains(shard) ? ShardPosition.TrimHorizon : start.Position;
                    reading.Add(ReadAsync(new ShardReader(source, failures, time, turns, shard, position), follow, ending.Token));
                }

                if (reading.Count == 0)
                    return;
                var first = await Task.WhenAny(reading).ConfigureAwait(false);
                reading.Remove(first);
                await PassOnAsync(await first.ConfigureAwait(false), ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The run was stopped, or no process reads the output any more: the run is complete.
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(reading)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Finished> ReadAsync(ShardReader reader, bool follow, CancellationToken stop) =>
        new(reader.ShardId, await reader.ReadAsync(follow, output.Write, stop).ConfigureAwait(false));

    private async Task PassOnAsync(Finished finished, CancellationToken stop)
    {
        _lineage.Finish(finished.ShardId);
        if (finished.Children is not { } children)
            return;

        foreach (var child in children)
            AddLater(child.ShardId, child.ParentShards);
        if (children.Count > 0 || _lineage.HasChild(finished.ShardId))
            return;

        // The endpoint does not name the children of a closed shard: they are looked up.
        foreach (var shard in await ListAsync(ShardFilter.AfterShard(finished.ShardId), stop).ConfigureAwait(false))
        {
            if (shard.ParentShardId == finished.ShardId || shard.AdjacentParentShardId == finished.ShardId)
                AddLater(shard.ShardId, [shard.ParentShardId, shard.AdjacentParentShardId]);
        }
    }

    private void AddLater(string shardId, IEnumerable<string?> parents)
    {
        if (_lineage.Add(shardId, parents))
            _foundLater.Add(shardId);
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

    /// <param name="ShardId">The shard.</param>
    /// <param name="Children">The children of a closed shard; null if the tip of an open shard was reached.</param>
    private readonly record struct Finished(string ShardId, IReadOnlyList<ChildShard>? Children);
}

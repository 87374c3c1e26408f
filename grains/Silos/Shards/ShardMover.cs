using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Shards;

/// <summary>
/// Moves shards to where they belong when silos start or leave: a new silo gets its share, a leaving one gives all its shards away.
/// Orleans' own rebalancers know neither case: they move any grain, by its memory or by its callers.
/// </summary>
internal sealed partial class ShardMover(IShardDirectory shards, LiveSilos silos, HostedShards hosted, TimeProvider time, ILogger<ShardMover> logger)
{
    /// <summary>
    /// How long after a change the shards are checked again: a shard may have been placed by a silo that did not know of the change, and a
    /// move may have failed.
    /// </summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(5);

    /// <summary>How many shards a silo moves at once; each is without an owner for a moment.</summary>
    private const int AtOnce = 8;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<ShardKey, Task> _moving = new();
    private Task _last = Task.CompletedTask;
    private Task? _following;

    /// <summary>Begins to react to changes of the silos.</summary>
    public void Start() => silos.Changed += () => _ = MoveTwiceAsync();

    /// <summary>
    /// Moves every shard that belongs elsewhere; completes when they have left. One sweep runs at a time; all calls during a sweep wait for
    /// one that follows it.
    /// </summary>
    public Task MoveAsync()
    {
        lock (_lock)
        {
            var former = _last;
            return _following ??= _last = Task.Run(() => SweepAfterAsync(former));
        }
    }

    /// <summary>Completes when every shard that is moving now has arrived, or its move has failed.</summary>
    public Task ArrivedAsync() => Task.WhenAll(_moving.Values);

    private async Task SweepAfterAsync(Task former)
    {
        await former.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
            _following = null;
        var moves = hosted.Keys
            .Select(shard => (Shard: shard, Owner: silos.OwnerOf(shard.ToString())))
            .Where(m => m.Owner is not null && !m.Owner.Equals(silos.Self))
            .ToList();
        if (moves.Count > 0)
            LogMoving(moves.Count, hosted.Count);
        await Parallel.ForEachAsync(moves, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (move, _) => MoveAsync(move.Shard, move.Owner!))
            .ConfigureAwait(false);
    }

    private async Task MoveTwiceAsync()
    {
        await MoveAsync().ConfigureAwait(false);
        await Task.Delay(SecondLook, time).ConfigureAwait(false);
        await MoveAsync().ConfigureAwait(false);
    }

    private async ValueTask MoveAsync(ShardKey shard, SiloId owner)
    {
        var moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _moving[shard] = moved.Task;
        try
        {
            await shards.MoveAsync(shard, owner).ConfigureAwait(false);
            while (!await HasMovedAsync(shard).ConfigureAwait(false))
                LogStillMoving(shard.Stream, shard.ShardId, owner);
        }
        catch (Exception e)
        {
            LogNotMoved(e, shard.Stream, shard.ShardId, owner);
        }
        finally
        {
            _moving.TryRemove(shard, out _);
            moved.SetResult();
        }
    }

    /// <summary>
    /// Whether the shard has moved. The call is queued behind the move, so the new owner answers it. While the shard is being closed here,
    /// it may time out.
    /// </summary>
    private async Task<bool> HasMovedAsync(ShardKey shard)
    {
        try
        {
            await shards.LocateAsync(shard).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException) when (hosted.Contains(shard))
        {
            return false;
        }
    }

    [LoggerMessage(64, LogLevel.Information, "Moving {Moves} of {Shards} shards to the silos they belong to")]
    private partial void LogMoving(int moves, int shards);

    [LoggerMessage(65, LogLevel.Warning, "{Stream} {Shard} did not move to {Silo}")]
    private partial void LogNotMoved(Exception error, string stream, string shard, SiloId silo);

    [LoggerMessage(66, LogLevel.Information, "{Stream} {Shard} waits for what is in flight before it moves to {Silo}")]
    private partial void LogStillMoving(string stream, string shard, SiloId silo);
}

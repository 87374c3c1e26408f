using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Grains.Owners;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Shards;

/// <summary>
/// Takes shards to where they belong when silos come and go: a new silo gets its share, a leaving one gives all away. Orleans'
/// own rebalancers know neither; they move any grain, by its memory or by who calls it.
/// </summary>
internal sealed partial class ShardMover(IGrainFactory grains, LiveSilos silos, HostedShards hosted, TimeProvider time, ILogger<ShardMover> logger)
{
    /// <summary>
    /// So long after a change it is looked again: a shard may have been placed by a silo that had not heard of the change, and a move
    /// may have failed.
    /// </summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(5);

    /// <summary>Shards that a silo moves at once; each is without an owner for a moment.</summary>
    private const int AtOnce = 8;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<ShardKey, Task> _moving = new();
    private Task _last = Task.CompletedTask;
    private Task? _following;

    /// <summary>Begins to follow the silos.</summary>
    public void Start() => silos.Changed += () => _ = MoveTwiceAsync();

    /// <summary>
    /// Moves every shard that belongs elsewhere; completes when they have left. One sweep at a time, and one that follows, which all who come
    /// meanwhile wait for.
    /// </summary>
    public Task MoveAsync()
    {
        lock (_lock)
        {
            var former = _last;
            return _following ??= _last = Task.Run(() => SweepAfterAsync(former));
        }
    }

    /// <summary>Completes when every shard that is on its way now has arrived, or has not moved.</summary>
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

    private async ValueTask MoveAsync(ShardKey shard, SiloAddress owner)
    {
        var moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _moving[shard] = moved.Task;
        try
        {
            var grain = grains.GetGrain<IShardGrain>(shard.ToString());
            await grain.Move(owner).ConfigureAwait(false);
            while (!await HasMovedAsync(grain, shard).ConfigureAwait(false))
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

    /// <summary>Queued behind the move: answered by the new owner. While the shard is being closed here, a question may take too long.</summary>
    private async Task<bool> HasMovedAsync(IShardGrain grain, ShardKey shard)
    {
        try
        {
            await grain.Locate().ConfigureAwait(false);
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
    private partial void LogNotMoved(Exception error, string stream, string shard, SiloAddress silo);

    [LoggerMessage(66, LogLevel.Information, "{Stream} {Shard} waits for what is in flight before it moves to {Silo}")]
    private partial void LogStillMoving(string stream, string shard, SiloAddress silo);
}

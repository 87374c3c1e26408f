using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Shards;

/// <summary>
/// Moves shards so that silos have their shares: a new silo is given its own, a leaving one gives all its shards away. Each silo moves the shards that
/// it has, and only as many as it must. Orleans' own rebalancers know neither case: they move any grain, by its memory or by its callers.
/// </summary>
internal sealed partial class ShardMover(
    IShardDirectory shards, LiveSilos silos, ShardHomes homes, HostedShards hosted, TimeProvider time, ILogger<ShardMover> logger) : IAsyncDisposable
{
    /// <summary>
    /// How long after the shards were looked through they are looked through again: one may have been placed by a silo that did not know of a
    /// change, and a move may have failed.
    /// </summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(5);

    /// <summary>How many shards a silo moves at once; each is without an owner for a moment.</summary>
    private const int AtOnce = 8;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<ShardKey, (SiloId To, Task Moved)> _moving = new();
    private Task _last = Task.CompletedTask;
    private Task? _following;
    private PeriodicCheck? _check;

    /// <summary>The silos to which this one has given what they lacked when they came.</summary>
    private IReadOnlyCollection<SiloId> _known = [];

    /// <summary>Whether the last sweep left shards here that wait for their turn, and may move soon.</summary>
    private volatile bool _areWaiting;

    /// <summary>
    /// Begins to look through the shards: when silos start or leave, and once a minute, since nothing tells this silo that a stream has got other
    /// shards.
    /// </summary>
    public void Start()
    {
        _check = new PeriodicCheck(silos, time, LookAsync, LogNotLooked);
        _check.Start();
    }

    /// <summary>
    /// Moves every shard that must leave; completes when they have left. A silo that leaves gives all its shards away, any other what is beyond its
    /// share, of streams that are settled. One sweep runs at a time; all calls during a sweep wait for one that follows it.
    /// </summary>
    public Task MoveAsync()
    {
        lock (_lock)
        {
            var former = _last;
            return _following ??= _last = Task.Run(() => SweepAfterAsync(former));
        }
    }

    /// <summary>Completes when every shard that is moving to a silo now has arrived there, or its move has failed.</summary>
    public Task ArrivedAsync(SiloId target) => Task.WhenAll(_moving.Values.Where(m => m.To.Equals(target)).Select(static m => m.Moved));

    public ValueTask DisposeAsync() => _check?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        // One stream whose shards go on changing must not hold up the others for ever.
        var since = time.GetTimestamp();
        while (UntilSettled() is var wait && wait > TimeSpan.Zero && time.GetElapsedTime(since) < SecondLook)
            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        await MoveAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        await Task.Delay(SecondLook, time, cancellationToken).ConfigureAwait(false);
        await MoveAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_areWaiting || UntilSettled() > TimeSpan.Zero)
            _check?.LookSoon();
    }

    private async Task SweepAfterAsync(Task former)
    {
        await former.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
            _following = null;
        homes.Departed.RemoveOld();
        var owners = silos.Owners;
        var streams = hosted.Keys.GroupBy(static s => s.Stream, static s => s.ShardId, StringComparer.Ordinal).ToList();
        var isLeaving = !owners.Contains(silos.Self);
        var isSettled = streams.TrueForAll(s => homes.UntilSettled(s.Key) == TimeSpan.Zero);
        var moves = streams.SelectMany(s => isLeaving ? MovesOnLeaving(s.Key, s) : Moves(s.Key, s)).ToList();
        // Of those that wait for their turn, the next silo would have to wait anew.
        var ready = moves.Where(m => isLeaving || !hosted.IsWaiting(m.Shard)).ToList();
        _areWaiting = ready.Count < moves.Count;
        if (ready.Count > 0)
            LogMoving(ready.Count, hosted.Count);
        await Parallel.ForEachAsync(ready, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (move, _) => MoveAsync(move.Shard, move.To))
            .ConfigureAwait(false);
        if (isSettled && moves.TrueForAll(m => !hosted.Contains(m.Shard)))
            _known = owners;
    }

    private IEnumerable<(ShardKey Shard, SiloId To)> Moves(string stream, IEnumerable<string> here) =>
        homes.UntilSettled(stream) > TimeSpan.Zero || homes.Of(stream) is not { } spread
            ? []
            : spread.Moves(here, silos.Self, _known, s => homes.Departed.TargetOf(new ShardKey(stream, s)) is null)
                .Select(m => (new ShardKey(stream, m.ShardId), m.To));

    private IEnumerable<(ShardKey Shard, SiloId To)> MovesOnLeaving(string stream, IEnumerable<string> here)
    {
        var planned = homes.Of(stream)?.Moves(here, silos.Self, _known, static _ => true).ToDictionary(static m => m.ShardId, static m => m.To);
        foreach (var id in here)
        {
            var shard = new ShardKey(stream, id);
            if ((planned?.GetValueOrDefault(id) ?? homes.HomeOf(shard)) is { } target && !target.Equals(silos.Self))
                yield return (shard, target);
        }
    }

    /// <summary>The longest time until the homes of shards here are settled, of those that are not.</summary>
    private TimeSpan UntilSettled() => hosted.Keys.Select(static s => s.Stream).Distinct().Select(homes.UntilSettled).DefaultIfEmpty().Max();

    private async ValueTask MoveAsync(ShardKey shard, SiloId target)
    {
        var moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _moving[shard] = (target, moved.Task);
        homes.Departed.Add(shard, target);
        try
        {
            await shards.MoveAsync(shard, target).ConfigureAwait(false);
            while (!await HasMovedAsync(shard).ConfigureAwait(false))
                LogStillMoving(shard.Stream, shard.ShardId, target);
        }
        catch (Exception e)
        {
            homes.Departed.Remove(shard);
            LogNotMoved(e, shard.Stream, shard.ShardId, target);
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

    [LoggerMessage(64, LogLevel.Information, "Moving {Moves} of {Shards} shards to other silos")]
    private partial void LogMoving(int moves, int shards);

    [LoggerMessage(65, LogLevel.Warning, "{Stream} {Shard} did not move to {Silo}")]
    private partial void LogNotMoved(Exception error, string stream, string shard, SiloId silo);

    [LoggerMessage(66, LogLevel.Information, "{Stream} {Shard} waits for what is in flight before it moves to {Silo}")]
    private partial void LogStillMoving(string stream, string shard, SiloId silo);

    [LoggerMessage(48, LogLevel.Warning, "The shards of this silo could not be looked through; it is tried again soon")]
    private partial void LogNotLooked(Exception error);
}

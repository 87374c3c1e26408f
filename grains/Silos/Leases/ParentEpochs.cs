using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Leases;

/// <summary>
/// Makes the first owner of a shard that a reshard created wait for the owners of its parent shards, as it would for a former owner of its
/// own: requests that a lost owner still sends for the parents land in this shard. A live owner gives the parents back when nothing of them
/// is in flight.
/// </summary>
internal sealed partial class ParentEpochs(IStateStore store, LiveSilos silos, KplOptions options, TimeProvider time, ILogger<ParentEpochs> logger)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    // Parents taken from other silos whose last requests are not waited out yet: the row names this silo, and yet is not its own. With those of the
    // former owners that live.
    private readonly ConcurrentDictionary<ShardKey, IReadOnlyList<string>> _unsettled = new();

    /// <summary>Completes when no other silo can be sending for the parent shards. Retries until it is cancelled.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="before">Returns the shards that were closed before it and whose hash keys it has now.</param>
    /// <param name="cancellationToken">Cancelled when the shard is released.</param>
    public async Task ClearAsync(ShardKey shard, Func<CancellationToken, Task<IReadOnlyList<string>>> before, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // An earlier owner of the shard has cleared them already.
                if (await store.ReadAsync(ShardEpochs.KindOf(shard), shard.ShardId, cancellationToken).ConfigureAwait(false) is null)
                    await ClearAllAsync(shard, await before(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Every error is retried: once this returns, records are sent for the shard.
                LogNotCleared(e, shard.Stream, shard.ShardId);
            }

            await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ClearAllAsync(ShardKey shard, IReadOnlyList<string> before, CancellationToken cancellationToken)
    {
        var wait = SiloLease.TimeToLive + options.GetStream(shard.Stream).RequestTimeout;
        var since = time.GetTimestamp();
        List<StateRow> taken = [];
        foreach (var id in before)
        {
            if (await CloseAsync(shard, new ShardKey(shard.Stream, id), since, wait, cancellationToken).ConfigureAwait(false) is { } own)
                taken.Add(own);
        }

        if (taken.Count == 0)
            return;
        await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        foreach (var own in taken)
            await SettleAsync(shard.Stream, own, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the owner of a parent gives it back, and marks it as closed: a silo whose map is older does not take it afterwards. Returns the row of
    /// a parent that was taken from its owner instead, and must be waited out.
    /// </summary>
    private async Task<StateRow?> CloseAsync(ShardKey shard, ShardKey parent, long since, TimeSpan wait, CancellationToken cancellationToken)
    {
        while (true)
        {
            var row = await store.ReadAsync(ShardEpochs.KindOf(parent), parent.ShardId, cancellationToken).ConfigureAwait(false);
            if (row is not null && IsOthers(parent, row))
            {
                if (!IsLost(row) && time.GetElapsedTime(since) < wait)
                {
                    await Task.Delay(LookAgainAfter, time, cancellationToken).ConfigureAwait(false);
                }
                else if (await TakeAsync(parent, row, cancellationToken).ConfigureAwait(false) is { } own)
                {
                    LogWaiting(shard.Stream, shard.ShardId, row.Text, parent.ShardId, wait.TotalSeconds);
                    return own;
                }
            }
            else if (row is not null && EpochText.IsOwnedBy(Self, row.Text))
            {
                // The engines here keep the order; it is marked when it is given back.
                return null;
            }
            else if (row?.Text == EpochText.Closed || await MarkAsync(parent, row, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    private async Task<bool> MarkAsync(ShardKey parent, StateRow? row, CancellationToken cancellationToken) =>
        await store.WriteAsync(ShardEpochs.KindOf(parent), parent.ShardId, row?.Version ?? 0, EpochText.Closed, cancellationToken)
            .ConfigureAwait(false) is not null;

    /// <summary>
    /// Takes the shard from a silo that is lost, or that keeps it although it lives: its map may be older. The one finds out before its lease is valid
    /// again, the other because its lease is doubted.
    /// </summary>
    private async Task<StateRow?> TakeAsync(ShardKey parent, StateRow row, CancellationToken cancellationToken)
    {
        // Noted before the write: one that gets no answer may have been written.
        var living = _unsettled.AddOrUpdate(parent, _ => LivingOf(row), (_, former) => [.. former.Union(LivingOf(row))]);
        var own = await store.WriteAsync(row.Kind, row.Key, row.Version, EpochText.OwnedBy(Self), cancellationToken).ConfigureAwait(false);
        if (own is null)
            return null;
        foreach (var silo in living)
            await SiloLease.DoubtAsync(store, silo, cancellationToken).ConfigureAwait(false);
        return own;
    }

    /// <summary>
    /// Marks the shard as closed: no silo sends for it any more. If another child's owner has taken it meanwhile, that owner marks it.
    /// </summary>
    private async Task SettleAsync(string stream, StateRow own, CancellationToken cancellationToken)
    {
        await store.WriteAsync(own.Kind, own.Key, own.Version, EpochText.Closed, cancellationToken).ConfigureAwait(false);
        _unsettled.TryRemove(new ShardKey(stream, own.Key), out _);
    }

    private bool IsOthers(ShardKey parent, StateRow row) => EpochText.SendersOf(row.Text).Any(s => s != Self || _unsettled.ContainsKey(parent));

    private bool IsLost(StateRow row) => EpochText.SendersOf(row.Text).All(s => s == Self || silos.IsLost(SiloId.Parse(s)));

    private IReadOnlyList<string> LivingOf(StateRow row) =>
        [.. EpochText.SendersOf(row.Text).Where(s => s != Self && !silos.IsLost(SiloId.Parse(s)))];

    private string Self => silos.Self.ToParsableString();

    [LoggerMessage(76, LogLevel.Warning, "It is not known yet who may be sending for the shards before {Stream} {Shard}; its records wait")]
    private partial void LogNotCleared(Exception error, string stream, string shard);

    [LoggerMessage(77, LogLevel.Information, "{Stream} {Shard}: {Former} did not give {Parent} back, which was before it; its records wait {Seconds} s for what that one may still send")]
    private partial void LogWaiting(string stream, string shard, string former, string parent, double seconds);
}

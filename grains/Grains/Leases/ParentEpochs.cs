using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Pipeline.State;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Leases;

/// <summary>
/// The first owner of a shard that comes of a reshard waits for the owners of the shards before it, as it would for one of its own: what a lost
/// one still sends for them lands here. One that lives gives them back when nothing of them is in flight any more.
/// </summary>
internal sealed partial class ParentEpochs(IStateStore store, LiveSilos silos, KplOptions options, TimeProvider time, ILogger<ParentEpochs> logger)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    // Taken from others, whose last requests are not waited out: the row names this silo, and yet is not its own.
    private readonly ConcurrentDictionary<ShardKey, byte> _unsettled = new();

    /// <summary>Completes when nobody else can be sending for the shards before this one. Tries until it is cancelled.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="before">Tells the shards that were closed before it, and whose hash keys are its own now.</param>
    /// <param name="cancellationToken">The shard is let go.</param>
    public async Task ClearAsync(ShardKey shard, Func<CancellationToken, Task<IReadOnlyList<string>>> before, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // Who owned it before has seen to them.
                if (await store.ReadAsync(ShardEpochs.KindOf(shard), shard.ShardId, cancellationToken).ConfigureAwait(false) is null)
                    await ClearAllAsync(shard, await before(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is: a shard that is taken for clear is sent for.
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
            var parent = new ShardKey(shard.Stream, id);
            while (await store.ReadAsync(ShardEpochs.KindOf(parent), id, cancellationToken).ConfigureAwait(false) is { } row && IsOthers(parent, row))
            {
                if (!IsLost(row) && time.GetElapsedTime(since) < wait)
                {
                    await Task.Delay(LookAgainAfter, time, cancellationToken).ConfigureAwait(false);
                }
                else if (await TakeAsync(parent, row, cancellationToken).ConfigureAwait(false) is { } own)
                {
                    LogWaiting(shard.Stream, shard.ShardId, row.Text, id, wait.TotalSeconds);
                    taken.Add(own);
                    break;
                }
            }
        }

        if (taken.Count == 0)
            return;
        await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        foreach (var own in taken)
            await SettleAsync(shard.Stream, own, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the shard from a silo that was lost: should that one wake up, it finds out before its lease is good again.</summary>
    private async Task<StateRow?> TakeAsync(ShardKey parent, StateRow row, CancellationToken cancellationToken)
    {
        // Noted before: a write that gets no answer may have been written.
        _unsettled.TryAdd(parent, 0);
        return await store.WriteAsync(row.Kind, row.Key, row.Version, EpochText.OwnedBy(Self), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Nobody sends for that shard any more. Where another child's owner has taken it meanwhile, that one says so.</summary>
    private async Task SettleAsync(string stream, StateRow own, CancellationToken cancellationToken)
    {
        await store.WriteAsync(own.Kind, own.Key, own.Version, EpochText.Free, cancellationToken).ConfigureAwait(false);
        _unsettled.TryRemove(new ShardKey(stream, own.Key), out _);
    }

    private bool IsOthers(ShardKey parent, StateRow row) => EpochText.SendersOf(row.Text).Any(s => s != Self || _unsettled.ContainsKey(parent));

    private bool IsLost(StateRow row) => EpochText.SendersOf(row.Text).All(s => s == Self || silos.IsLost(SiloAddress.FromParsableString(s)));

    private string Self => silos.Self.ToParsableString();

    [LoggerMessage(76, LogLevel.Warning, "It is not known yet who may be sending for the shards before {Stream} {Shard}; its records wait")]
    private partial void LogNotCleared(Exception error, string stream, string shard);

    [LoggerMessage(77, LogLevel.Information, "{Stream} {Shard}: {Former} did not give {Parent} back, which was before it; its records wait {Seconds} s for what that one may still send")]
    private partial void LogWaiting(string stream, string shard, string former, string parent, double seconds);
}

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
/// <remarks>
/// A parent that is taken names this silo and, behind it, those that may still be sending. So whoever reads the row knows what is left to wait for: the
/// silo that is named first waits already, and marks the parent when it has; where it has stopped waiting, it leaves the others behind a dash, and
/// they are taken at once, because nobody is going to give them back. What is known of a taking is in the row alone, and in the list of one clearing.
/// </remarks>
/// <param name="tellMapChanged">Has a silo read the shard map of a stream.</param>
internal sealed partial class ParentEpochs(
    IStateStore store, LeaseWatch watch, LiveSilos silos, Func<SiloId, string, Task> tellMapChanged, KplOptions options, TimeProvider time,
    ILogger<ParentEpochs> logger)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>An owner that lives and keeps a parent is told of the reshard after so many looks, and again after as many.</summary>
    private const int LooksUntilTold = 10;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>A silo that took a parent marks it so soon after its wait: it may have to take others first. Equal waits would be a race.</summary>
    private static readonly TimeSpan MarksWithin = TimeSpan.FromSeconds(5);

    /// <summary>More rows than this are not read one after the other before it is known which of them are closed.</summary>
    private const int MostReadInTurn = 8;

    /// <summary>Completes when no other silo can be sending for the parent shards. Retries until it is cancelled.</summary>
    /// <param name="before">Returns the shards that were closed before it and whose hash keys it has now.</param>
    /// <param name="cancellationToken">Cancelled when the shard is released.</param>
    public async Task ClearAsync(ShardKey shard, Func<CancellationToken, Task<IReadOnlyList<string>>> before, CancellationToken cancellationToken)
    {
        // The rows of the parents that were taken, as this silo wrote them. Noted before each write: one that gets no answer may have been made.
        var taken = new Dictionary<string, StateRow>(StringComparer.Ordinal);
        try
        {
            while (!await TryClearAsync(shard, before, taken, cancellationToken).ConfigureAwait(false))
                await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            foreach (var own in taken.Values)
                await LeaveAsync(own).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<bool> TryClearAsync(
        ShardKey shard, Func<CancellationToken, Task<IReadOnlyList<string>>> before, Dictionary<string, StateRow> taken, CancellationToken cancellationToken)
    {
        try
        {
            // An earlier owner of the shard has cleared them already.
            if (await store.ReadAsync(ShardEpochs.KindOf(shard), shard.ShardId, cancellationToken).ConfigureAwait(false) is null)
                await ClearAllAsync(shard, await before(cancellationToken).ConfigureAwait(false), taken, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Every error is retried: once this returns, records are sent for the shard.
            LogNotCleared(e, shard.Stream, shard.ShardId);
            return false;
        }
    }

    private async Task ClearAllAsync(ShardKey shard, IReadOnlyList<string> before, Dictionary<string, StateRow> taken, CancellationToken cancellationToken)
    {
        var timeout = options.GetStream(shard.Stream).RequestTimeout;
        before = await NotClosedAsync(shard, before, cancellationToken).ConfigureAwait(false);
        while (before.Count > 0)
        {
            var since = time.GetTimestamp();
            var leaseEnds = new List<Task<long>>();
            foreach (var id in before)
            {
                var parent = new ShardKey(shard.Stream, id);
                var senders = await CloseAsync(shard, parent, since, SiloLease.TimeToLive + timeout, taken, cancellationToken).ConfigureAwait(false);
                // The wait counts from here: the parents after this one may have to be waited for too.
                leaseEnds.AddRange(senders.Select(s => watch.OverAsync(s, cancellationToken)));
            }

            if (leaseEnds.Count == 0)
                return;
            await watch.SilentAsync(leaseEnds, timeout, cancellationToken).ConfigureAwait(false);
            before = await MarkAllAsync(taken, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Leaves out what is marked as closed already, which stays so. Kinesis tells of closed shards for as long as the stream keeps records: of a stream that
    /// is resharded every hour there are thousands, and the records of a new shard wait while their rows are read.
    /// </summary>
    private async Task<IReadOnlyList<string>> NotClosedAsync(ShardKey shard, IReadOnlyList<string> before, CancellationToken cancellationToken)
    {
        if (before.Count <= MostReadInTurn)
            return before;
        var rows = await store.ListAsync(ShardEpochs.KindOf(shard), cancellationToken).ConfigureAwait(false);
        var closed = rows.Where(static r => r.Text == EpochText.Closed).Select(static r => r.Key).ToHashSet(StringComparer.Ordinal);
        return [.. before.Where(s => !closed.Contains(s))];
    }

    /// <summary>
    /// Marks the parents that were taken and waited out. Returns those that another silo has taken meanwhile: one with an older map may be sending for them
    /// now, and must be waited for. One that this silo took again, for another child, is marked by that taking.
    /// </summary>
    private async Task<IReadOnlyList<string>> MarkAllAsync(Dictionary<string, StateRow> taken, CancellationToken cancellationToken)
    {
        var left = new List<string>();
        foreach (var own in taken.Values.ToList())
        {
            if (await store.WriteAsync(own.Kind, own.Key, own.Version, EpochText.Closed, cancellationToken).ConfigureAwait(false) is null
                && await store.ReadAsync(own.Kind, own.Key, cancellationToken).ConfigureAwait(false) is var row
                && row?.Text != EpochText.Closed && !EpochText.IsOwnedBy(Self, row?.Text ?? EpochText.Free))
                left.Add(own.Key);
            taken.Remove(own.Key);
        }

        return left;
    }

    /// <summary>
    /// Waits until the owner of a parent gives it back, and marks it as closed: a silo whose map is older does not take it afterwards. Where it was taken
    /// from its owner instead, returns the silos that may still be sending.
    /// </summary>
    private async Task<string[]> CloseAsync(
        ShardKey shard, ShardKey parent, long since, TimeSpan wait, Dictionary<string, StateRow> taken, CancellationToken cancellationToken)
    {
        long? version = null;
        for (var look = 1; ; look++)
        {
            var row = await store.ReadAsync(ShardEpochs.KindOf(parent), parent.ShardId, cancellationToken).ConfigureAwait(false);
            if (row is not null && OthersOf(row) is { Length: > 0 } others)
            {
                // Leases are watched while this silo waits for another: when it takes the parent, it knows how long a lost silo has not renewed.
                watch.Start();
                // The parent may have another owner by now, of another child, who has begun to wait only now.
                if (version is not null && row.Version != version)
                    since = time.GetTimestamp();
                version = row.Version;
                if (IsToBeGivenBack(row) && time.GetElapsedTime(since) < (IsWaitingItself(row) ? wait + MarksWithin : wait))
                {
                    if (look % LooksUntilTold == 0)
                        _ = TellAsync(shard.Stream, row);
                    await Task.Delay(LookAgainAfter, time, cancellationToken).ConfigureAwait(false);
                }
                else if (await TakeAsync(row, taken, cancellationToken).ConfigureAwait(false))
                {
                    LogWaiting(shard.Stream, shard.ShardId, row.Text, parent.ShardId, wait.TotalSeconds);
                    return others;
                }
            }
            else if (row is not null && EpochText.IsOwnedBy(Self, row.Text))
            {
                // The engines here keep the order; it is marked when it is given back.
                return [];
            }
            else if (row?.Text == EpochText.Closed || await MarkAsync(parent, row, cancellationToken).ConfigureAwait(false))
            {
                return [];
            }
        }
    }

    /// <summary>
    /// Tells the owner of a parent that the map has changed. The stream's manager may have missed it: a silo that has just started is not known to all
    /// others yet. Until it reads the map by itself its parent would stay, and records of the child would wait for its lease too.
    /// </summary>
    private async Task TellAsync(string stream, StateRow row)
    {
        var owner = EpochText.OwnerOf(row.Text)!;
        try
        {
            await tellMapChanged(SiloId.Parse(owner), stream).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogNotTold(e, owner, stream, row.Key);
        }
    }

    private async Task<bool> MarkAsync(ShardKey parent, StateRow? row, CancellationToken cancellationToken) =>
        await store.WriteAsync(ShardEpochs.KindOf(parent), parent.ShardId, row?.Version ?? 0, EpochText.Closed, cancellationToken)
            .ConfigureAwait(false) is not null;

    /// <summary>
    /// Takes the shard from a silo that is lost, or that keeps it although it lives: its map may be older. One that runs on finds out before its lease is
    /// valid again, because that is doubted: also where it does not know yet that it is taken for lost. The write is not cancelled half-way: it might be
    /// made after the row was looked at to leave it.
    /// </summary>
    private async Task<bool> TakeAsync(StateRow row, Dictionary<string, StateRow> taken, CancellationToken cancellationToken)
    {
        var own = row with { Version = row.Version + 1, Text = EpochText.OwnedBy(Self, OthersOf(row)) };
        taken[row.Key] = own;
        if (await store.WriteAsync(row.Kind, row.Key, row.Version, own.Text, CancellationToken.None).ConfigureAwait(false) is null)
        {
            taken.Remove(row.Key);
            return false;
        }

        foreach (var silo in OthersOf(row))
            await SiloLease.DoubtAsync(store, silo, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Leaves a parent that was taken and is not waited out to the next child's owner. A row that is another one by now is that one's, also where the
    /// write that took it was not made.
    /// </summary>
    private async Task LeaveAsync(StateRow own)
    {
        try
        {
            if (await store.ReadAsync(own.Kind, own.Key, CancellationToken.None).ConfigureAwait(false) == own)
            {
                var text = EpochText.GivenBack(OthersOf(own), isClosed: false);
                await store.WriteAsync(own.Kind, own.Key, own.Version, text, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // The next one waits until it takes the parent from this silo.
            LogNotLeft(e, own.Kind, own.Key);
        }
    }

    /// <summary>
    /// Whether somebody else owns the shard who lives: it gives it back, or waits for those behind it. What this silo took and does not wait for any more
    /// is not waited for either.
    /// </summary>
    private bool IsToBeGivenBack(StateRow row) => EpochText.OwnerOf(row.Text) is { } owner && owner != Self && !IsLost(owner);

    /// <summary>Whether the owner waits for others behind it.</summary>
    private static bool IsWaitingItself(StateRow row) => EpochText.SendersOf(row.Text).Length > 1;

    private bool IsLost(string silo) => silos.IsLost(SiloId.Parse(silo));

    private string[] OthersOf(StateRow row) => [.. EpochText.SendersOf(row.Text).Where(s => s != Self)];

    private string Self => silos.Self.ToParsableString();

    [LoggerMessage(76, LogLevel.Warning, "It is not known yet who may be sending for the shards before {Stream} {Shard}; its records wait")]
    private partial void LogNotCleared(Exception error, string stream, string shard);

    [LoggerMessage(78, LogLevel.Warning, "{Rows} {Shard} was taken from its former owner and not given back; the owner of the next shard there waits longer")]
    private partial void LogNotLeft(Exception error, string rows, string shard);

    [LoggerMessage(79, LogLevel.Warning, "Silo {Owner} was not told that the shards of {Stream} have changed; it still owns {Shard}, which is closed")]
    private partial void LogNotTold(Exception error, string owner, string stream, string shard);

    [LoggerMessage(77, LogLevel.Information, "{Stream} {Shard}: {Former} did not give {Parent} back, which was before it; its records wait for {Seconds} s at most for what that one may still send")]
    private partial void LogWaiting(string stream, string shard, string former, string parent, double seconds);
}

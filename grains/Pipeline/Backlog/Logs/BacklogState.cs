using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>The current state of a stream's backlog: whether it accepts records, and whether any wait in it.</summary>
internal sealed class BacklogState(BacklogContext context, GroupCommit commit, BacklogLogs logs, Replayer replayer, DeadLetterQueue letters)
{
    /// <summary>Gets whether another process owns the log, or this one stops: nothing is written any more.</summary>
    public bool IsStopped => commit.State == StoreState.Stopped;

    /// <summary>Gets whether segments can be written now.</summary>
    public bool TakesMore => commit.State == StoreState.Good && !IsOverLimit;

    /// <summary>Gets whether the stream has reached its limit of bytes in the store.</summary>
    public bool IsOverLimit => logs.Bytes >= context.Settings.Options.BacklogMaxBytes;

    /// <summary>Gets whether there is no space for more, in the store or within the stream's limit.</summary>
    public bool IsFull => commit.State == StoreState.Full || IsOverLimit;

    /// <summary>Gets why there is no space.</summary>
    public string? WhyFull => commit.State == StoreState.Full ? commit.Error : $"BacklogMaxBytes {context.Settings.Options.BacklogMaxBytes}";

    /// <summary>Gets why the store cannot be used, or not for everything; null where it can.</summary>
    public string? StoreError => commit.State == StoreState.Good ? context.Troubles.Current : commit.Error;

    /// <summary>Gets the number of segments that the store does not have yet.</summary>
    public int PendingSegments => commit.Look(static s => s.Count);

    /// <inheritdoc cref="GroupCommit.HasWaiting"/>
    public bool HasUnwritten => commit.HasWaiting;

    /// <summary>Gets when the oldest record was accepted that waits to be written; never where none does.</summary>
    public long OldestUnwrittenAt => commit.Look(static s => s.OldestAcceptedAt);

    /// <summary>Gets whether records wait in the store, or have left it and are not in the engines yet.</summary>
    /// <remarks>
    /// UnderWay is read twice: a segment may leave the store's queue during the check, or return to it. In an ordered stream, a record waits in the store
    /// until its dead letter is durable: the next process would send it, behind what goes ahead now.
    /// </remarks>
    public bool WaitsInStore =>
        replayer.UnderWay > 0 || (context.Settings.KeepsOrder && letters.HasPending) || logs.HasParked || replayer.UnderWay > 0;

    /// <summary>
    /// Gets whether older records may wait in the store that are not known here: an earlier process may have left some in the log, which was never
    /// opened yet.
    /// </summary>
    public bool MayHideOlder => !logs.HasOwn && !context.Store.BeginsAnew && !IsStopped;

    /// <summary>
    /// Gets whether new records must go through the store, because on an ordered stream they must not overtake records that are not in the engines
    /// yet.
    /// </summary>
    public bool MustGoBehind => context.Settings.KeepsOrder
        && (HasUnwritten || WaitsInStore || MayHideOlder || (!logs.HasOwn && commit.State == StoreState.Good));

    /// <summary>Gets whether records that are to be persisted go to the store now, and not to the shards at once.</summary>
    public bool TakesAsked => Takes(MustGoBehind);

    /// <summary>Returns whether the store takes records now. Those that must go behind others are taken until it stops.</summary>
    public bool Takes(bool goBehind) => TakesMore || (goBehind && !IsStopped);

    /// <summary>Gets whether nothing waits in the store.</summary>
    public bool IsEmpty => logs.IsEmpty;

    /// <summary>
    /// Gets whether records in memory go to the store when the process stops. In an ordered stream they do only while the store has no segment: the
    /// records of one go back there, and may have been accepted later.
    /// </summary>
    public bool KeepsAtStop => !context.Settings.KeepsOrder || (!MustGoBehind && IsEmpty);
}

using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Writing;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>What the backlog of a stream takes at the moment, and what waits in it.</summary>
internal sealed class BacklogState(BacklogContext context, GroupCommit commit, BacklogLogs logs, Replayer replayer)
{
    /// <summary>Another process owns the log, or this one ends: nothing is written any more.</summary>
    public bool IsStopped => commit.State == StoreState.Stopped;

    /// <summary>Segments can be written now.</summary>
    public bool TakesMore => commit.State == StoreState.Good && !IsOverLimit;

    /// <summary>The stream has as many bytes in the store as it may.</summary>
    public bool IsOverLimit => logs.Bytes >= context.Settings.Options.BacklogMaxBytes;

    /// <summary>There is no space for more, in the store or within the stream's limit.</summary>
    public bool IsFull => commit.State == StoreState.Full || IsOverLimit;

    /// <summary>Why there is no space.</summary>
    public string? WhyFull => commit.State == StoreState.Full ? commit.Error : $"BacklogMaxBytes {context.Settings.Options.BacklogMaxBytes}";

    /// <summary>Why segments cannot be written; null where the store takes them.</summary>
    public string? WriteError => commit.Error;

    /// <summary>Why the store cannot be used, or not for everything; null where it can.</summary>
    public string? StoreError => commit.State == StoreState.Good ? context.Troubles.Current : commit.Error;

    /// <summary>Segments that the store does not have yet.</summary>
    public int PendingSegments => commit.Pending;

    /// <summary>Records wait in the store, or have left it and are not in the engines yet.</summary>
    /// <remarks>Held is read twice: a segment may leave the store's line while that is looked at, or go back to it.</remarks>
    public bool WaitsInStore => replayer.Held > 0 || logs.HasParked || replayer.Held > 0;

    /// <summary>On an ordered stream records must not overtake those that are not in the engines yet.</summary>
    public bool MustGoBehind => context.Settings.KeepsOrder && (commit.Pending > 0 || WaitsInStore || (!logs.HasOwn && commit.State == StoreState.Good));

    /// <summary>Nothing waits in the store.</summary>
    public bool IsEmpty => logs.IsEmpty;
}

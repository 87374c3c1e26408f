using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>Handles the outcomes of segments that were to be written. Called outside the locks of the <see cref="GroupCommit"/>.</summary>
internal interface ICommitHost
{
    /// <summary>Called when the store has a segment. If that is late, its records were handed on before. The segment is not used afterwards.</summary>
    void Acknowledged(PendingSegment segment);

    /// <summary>Gets whether records may go into the engines before the store has them.</summary>
    bool MayRoute { get; }

    /// <summary>Gets whether the stream has as many bytes in the store as it may have. Called under the lock of the <see cref="GroupCommit"/>.</summary>
    bool IsOverLimit { get; }

    /// <summary>
    /// Called when the store has not acknowledged segments in time, or has no space: their records must not wait for it. Segments whose write was
    /// begun are still written, and may be acknowledged before, while or after they are handed on.
    /// </summary>
    void NotWritten(IReadOnlyList<PendingSegment> segments);

    /// <summary>Called when another process owns that log now.</summary>
    void Fenced(SegmentIndex index, BacklogFencedException why);

    /// <summary>Called when the state of the store has changed.</summary>
    void StateChanged(StoreState state, string? error);
}

/// <summary>Whether the store takes segments.</summary>
internal enum StoreState
{
    /// <summary>It takes segments, as far as is known.</summary>
    Good,

    /// <summary>It has not acknowledged a segment for too long.</summary>
    Down,

    /// <summary>It has no space.</summary>
    Full,

    /// <summary>Another process owns the log, or this one stops: nothing is written any more.</summary>
    Stopped,
}

using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>What becomes of segments that were to be written. Called outside the locks of the <see cref="GroupCommit"/>.</summary>
internal interface ICommitHost
{
    /// <summary>The store has it, maybe late: then its records were handed on before. Nothing of it is used afterwards.</summary>
    void Acknowledged(PendingSegment segment);

    /// <summary>Whether records may go into the engines before the store has them.</summary>
    bool MayRoute { get; }

    /// <summary>
    /// The store has not acknowledged them in time, or has no space: their records must not wait for it. Those of which a write has begun are written on,
    /// and may be acknowledged before, while or after they are handed on.
    /// </summary>
    void NotWritten(IReadOnlyList<PendingSegment> segments);

    /// <summary>Another process owns that log now.</summary>
    void Fenced(SegmentIndex book, BacklogFencedException why);

    /// <summary>The store is another than it was.</summary>
    void StateChanged(StoreState state, string? error);
}

using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>What becomes of segments that were to be written. Called outside every lock.</summary>
internal interface ICommitHost
{
    /// <summary>The store has it. Nothing of it is used afterwards.</summary>
    void Acknowledged(PendingSegment segment);

    /// <summary>Whether records may go into the engines before the store has them.</summary>
    bool MayRoute { get; }

    /// <summary>
    /// The store has not acknowledged them in time, or has no space: their records must not wait for it. Those that were attempted are attempted on.
    /// </summary>
    void NotWritten(IReadOnlyList<PendingSegment> segments);

    /// <summary>Another process owns that log now.</summary>
    void Fenced(LogBook book, BacklogFencedException why);

    /// <summary>The store is another than it was.</summary>
    void StateChanged(StoreState state, string? error);
}

using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>
/// Sees to a segment whenever something has become of its records: when all of them are done it leaves its log, and when some wait and none is in memory
/// it lines up to be replayed.
/// </summary>
internal sealed class SegmentUpkeep(BacklogContext context, BacklogLogs logs, Replayer replayer)
{
    /// <summary>A record that came back undelivered is tried again after so long.</summary>
    private const long RetryAfter = TimeSpan.TicksPerSecond;

    /// <summary>Some of its records have moved.</summary>
    public void Changed(HeldSegment segment)
    {
        if (segment.IsOver)
        {
            logs.Over(segment);
            return;
        }

        if (segment.DoneCount > 0)
            segment.Book.Touch(segment);
        if (segment.Waiting > 0 && segment.InMemory == 0)
        {
            segment.Book.Park(segment, context.Clock.Now);
            replayer.Wake();
        }
    }

    /// <summary>A record of it stays in the store after all. Where the log is lost its new owner delivers it, and nobody here knows when.</summary>
    public void Stays(HeldSegment segment)
    {
        if (segment.Book.IsLost)
            context.Ledger.FromBacklogToUnknown(1);
        else
            RetryLater(segment);
    }

    /// <summary>It is not tried again at once.</summary>
    public void RetryLater(HeldSegment segment) => segment.NotBefore = context.Clock.Now + RetryAfter;

    /// <summary>It was taken to be replayed, and was not: it waits again, if it is still there.</summary>
    public void ParkAgain(HeldSegment segment)
    {
        segment.Unqueue();
        if (segment.IsOver)
            logs.Over(segment);
        else
            segment.Book.Park(segment, context.Clock.Now);
    }
}

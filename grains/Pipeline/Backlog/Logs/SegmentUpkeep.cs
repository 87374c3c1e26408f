using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>
/// Updates a segment after the outcome of any of its records. When all are done, the segment leaves its log; when some wait and none is in memory, it
/// is queued for replay.
/// </summary>
internal sealed class SegmentUpkeep(BacklogContext context, BacklogLogs logs, Replayer replayer)
{
    /// <summary>The time until a record that came back undelivered is tried again.</summary>
    private const long RetryAfter = TimeSpan.TicksPerSecond;

    /// <summary>Called when the state of some of the segment's records has changed.</summary>
    public void Changed(LogSegment segment)
    {
        if (segment.IsOver)
        {
            logs.Over(segment);
            return;
        }

        if (segment.DoneCount > 0)
            segment.Index.Touch(segment);
        if (segment.Waiting > 0 && segment.InMemory == 0)
        {
            segment.Index.Park(segment, context.Clock.Now);
            replayer.Wake();
        }
    }

    /// <summary>
    /// Called when a record stays in the store after all. Where the log is lost, its new owner delivers the record, at a time not known here.
    /// </summary>
    public void Stays(LogSegment segment)
    {
        if (segment.Index.IsLost)
            context.Lost(1);
        else
            RetryLater(segment);
    }

    /// <summary>Delays the next try of the segment.</summary>
    public void RetryLater(LogSegment segment) => segment.NotBefore = context.Clock.Now + RetryAfter;

    /// <summary>Queues a segment again that was taken for replay and not replayed, if its log still has it.</summary>
    public void ParkAgain(LogSegment segment)
    {
        segment.Unqueue();
        if (segment.IsOver)
            logs.Over(segment);
        else
            segment.Index.Park(segment, context.Clock.Now);
    }

    /// <inheritdoc cref="SegmentIndex.ParkHalf"/>
    public void ParkHalf(LogSegment segment) => segment.Index.ParkHalf(segment, context.Clock.Now);
}

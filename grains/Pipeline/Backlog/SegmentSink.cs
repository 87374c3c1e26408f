using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Outcomes;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>For records that also stand in a segment of the backlog. They stand in the books of the backlog, and in the room like any other.</summary>
internal sealed class SegmentSink(StreamBacklog backlog, HeldSegment segment, ReplayPart? part, in AcceptanceTerms terms) : OutcomeSink(terms)
{
    public HeldSegment Segment => segment;

    public override void Set(int index, in RecordResult result)
    {
        if (!result.IsSuccess)
        {
            backlog.CameBack(segment, index, result);
            part?.Failed();
            return;
        }

        backlog.Delivered(segment, index, result);
        part?.Delivered(result);
    }

    public override void Ended(int count)
    {
    }

    /// <summary>The record was not delivered this time. Its room was given back.</summary>
    public void CameBack(int index, in AggregateMember content, FailureReason reason)
    {
        backlog.CameBack(segment, index, content, reason);
        part?.Failed();
    }
}

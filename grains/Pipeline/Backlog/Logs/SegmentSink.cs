using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>
/// Receives the outcomes of records that are also in a segment of the backlog. The ledger counts them as the backlog's; they take memory like any
/// other.
/// </summary>
internal sealed class SegmentSink(ISegmentOutcomes outcomes, LogSegment segment, ReplayPart? part, in AcceptanceTerms terms)
    : OutcomeSink(terms), IOutcomeRider
{
    public override IOutcomeRider Rider => this;

    public bool CountsMemoryOnly => true;

    public override void SetResult(int index, in RecordResult result)
    {
        if (!result.IsSuccess)
        {
            outcomes.CameBack(segment, index, result);
            part?.Failed();
            return;
        }

        outcomes.Delivered(segment, index, result);
        part?.Delivered(result);
    }

    public bool MayComeAgain(in RecordResult result) =>
        !result.IsSuccess && !outcomes.IsForGood(result.ErrorCode!, result.Attempts);

    public override void Complete(int count)
    {
    }

    public bool TryKeep(MemberRef member, in AggregateMember content, FailureReason reason)
    {
        outcomes.CameBack(segment, member.Index, content, reason);
        part?.Failed();
        Generation.Leave(1);
        return true;
    }
}

/// <summary>Receives the outcomes of records in segments.</summary>
internal interface ISegmentOutcomes
{
    /// <summary>Called when Kinesis has a record of a segment.</summary>
    void Delivered(LogSegment segment, int index, in RecordResult result);

    /// <summary>Called when a record of a segment was not delivered this time: releases its memory.</summary>
    void CameBack(LogSegment segment, int index, in AggregateMember content, FailureReason reason);

    /// <summary>
    /// Called when a record of a segment was not delivered this time, or its outcome is unknown, as its result says. Its memory was released.
    /// </summary>
    void CameBack(LogSegment segment, int index, in RecordResult result);

    /// <summary>
    /// Returns whether a record that ended with that code, after these attempts, is not tried again: Kinesis will not take it later either, or has it
    /// perhaps and does not tell.
    /// </summary>
    bool IsForGood(string code, IReadOnlyList<Attempt> attempts);
}

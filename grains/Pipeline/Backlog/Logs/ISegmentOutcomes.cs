using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>Receives the outcomes of records in segments.</summary>
internal interface ISegmentOutcomes
{
    /// <summary>Called when Kinesis has a record of a segment.</summary>
    void Delivered(HeldSegment segment, int index, in RecordResult result);

    /// <summary>Called when a record of a segment was not delivered this time. Its memory was released.</summary>
    void CameBack(HeldSegment segment, int index, in AggregateMember content, FailureReason reason);

    /// <summary>
    /// Called when a record of a segment was not delivered this time, or its outcome is unknown, as its result says. Its memory was released.
    /// </summary>
    void CameBack(HeldSegment segment, int index, in RecordResult result, ProducerNumber? number);

    /// <summary>
    /// Returns whether a record that ended with that code, after so many attempts, is not tried again: Kinesis will not take it later either, or has it
    /// perhaps and does not tell.
    /// </summary>
    bool IsForGood(string code, int attempts);
}

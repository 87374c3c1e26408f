using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>Is told what becomes of records that stand in segments.</summary>
internal interface ISegmentOutcomes
{
    /// <summary>Kinesis has a record of a segment.</summary>
    void Delivered(HeldSegment segment, int index, in RecordResult result);

    /// <summary>A record of a segment was not delivered this time; its memory was given back.</summary>
    void CameBack(HeldSegment segment, int index, in AggregateMember content, FailureReason reason);

    /// <summary>A record of a segment was not delivered this time, or nobody knows, as its result tells; its memory was given back.</summary>
    void CameBack(HeldSegment segment, int index, in RecordResult result);
}

using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>Takes records over that are fit and have their room.</summary>
internal interface IRecordTaker
{
    /// <summary>Calls are ready to be sent that no processor has come to yet.</summary>
    bool HasUnstartedCalls { get; }

    /// <param name="record">The record.</param>
    /// <param name="options">What its caller asked for.</param>
    /// <param name="spills">It goes to the backlog, because there was no other room.</param>
    EnqueuedRecord Accept(in UserRecord record, PutOptions? options, bool spills);

    /// <summary>Takes the records of a batch, whose memory is reserved.</summary>
    void Accept(PreparedBatch prepared, IBatchOutcomes batch, PutOptions? options, bool spills);
}

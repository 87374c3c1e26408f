using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>Accepts records that are valid and whose memory is reserved.</summary>
internal interface IRecordTaker
{
    /// <summary>Whether calls are ready to be sent that no thread has started yet.</summary>
    bool HasUnstartedCalls { get; }

    /// <param name="options">What the caller of the put asked for.</param>
    /// <param name="spills">Whether the record goes to the backlog, because memory is full.</param>
    /// <param name="hashKey">The record's hash key where it is known already.</param>
    EnqueuedRecord Accept(in UserRecord record, PutOptions? options, bool spills, UInt128? hashKey = null);

    /// <summary>Accepts the records of a batch, whose memory is reserved.</summary>
    void Accept(PreparedBatch prepared, IBatchOutcomes batch, PutOptions? options, bool spills);
}

using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>Receives the completed calls of a sender, and takes over the records of each call.</summary>
internal interface ICallCompletion
{
    /// <summary>Handles the answer of Kinesis.</summary>
    void Answered(PutRecordsCall call, PutRecordsReply reply);

    /// <summary>Handles the failure of a whole call.</summary>
    void Failed(PutRecordsCall call, KinesisException failure);

    /// <summary>Handles a call that was stopped because the producer is being disposed and its drain limit has passed.</summary>
    void Stopped(PutRecordsCall call);

    /// <summary>Handles an unexpected defect.</summary>
    void Broken(PutRecordsCall call, Exception defect);

    /// <summary>Handles a Kinesis record of which a member expired while it waited for a call.</summary>
    void Expired(KinesisRecord record);

    /// <summary>Notes that the call has completed, with any result, so another one may begin.</summary>
    void Freed();
}

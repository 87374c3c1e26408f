using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>What a sender tells of its calls as they complete. From then on a call's records belong to whoever is told.</summary>
internal interface ICallCompletion
{
    /// <summary>Kinesis answered.</summary>
    void Answered(PutRecordsCall call, PutRecordsReply reply);

    /// <summary>The whole call failed.</summary>
    void Failed(PutRecordsCall call, KinesisException failure);

    /// <summary>The producer is being disposed and its drain limit has passed.</summary>
    void Stopped(PutRecordsCall call);

    /// <summary>Something that should not happen did.</summary>
    void Broken(PutRecordsCall call, Exception defect);

    /// <summary>A member expired while the Kinesis record waited for a call.</summary>
    void Expired(KinesisRecord record);

    /// <summary>The call is over, whatever became of it: another one may begin.</summary>
    void Freed();
}

namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>Takes what became of PutRecords calls. From here on the call's records are the judge's.</summary>
internal interface ICallJudge
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

    /// <summary>A call has ended, whatever its end: another one may begin.</summary>
    void Freed();
}

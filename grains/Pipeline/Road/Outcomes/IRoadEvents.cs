using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Outcomes;

/// <summary>
/// Is notified of what happens to the records of one stream, for metrics, log lines and health. Called on the pipeline's threads, without a lock, so an
/// implementation returns at once and never throws. Nothing on the road depends on what it does.
/// </summary>
internal interface IRoadEvents
{
    /// <summary>User records were accepted.</summary>
    void Received(int count);

    /// <summary>A put waited so long until its records were accepted, or it gave up.</summary>
    void Waited(TimeSpan wait);

    /// <summary>Kinesis answered a call with these records, or the call failed as a whole.</summary>
    void CallEnded(IReadOnlyList<KinesisRecord> records, TimeSpan time);

    /// <summary>A whole call failed, or its answer cannot be used.</summary>
    void CallFailed(IReadOnlyList<KinesisRecord> records, long endedAt, string code, string message);

    /// <summary>Kinesis answered a call, and each of its records has its verdict.</summary>
    void Answered(PutRecordsReply reply, long endedAt);

    /// <summary>Kinesis refused one Kinesis record of a call.</summary>
    void Refused(KinesisRecord record, string code, string? message);

    /// <summary>A shard throttled this many Kinesis records of a call.</summary>
    /// <param name="cause">How much of what a shard takes in a second was sent from here, and whether that shows another writer; null if not known.</param>
    void Throttled(string shardId, int count, (double Sent, bool ShowsOthers)? cause);

    /// <summary>A shard took a Kinesis record.</summary>
    void Taken(KinesisRecord record, string shardId);

    /// <summary>A shard gave a Kinesis record a lower sequence number than the record before.</summary>
    void NumberFell(string shardId, string former, string sequenceNumber);

    /// <summary>Another shard than the predicted one took a Kinesis record.</summary>
    void WrongShard(KinesisRecord record, string shardId, bool isSentAgain);

    /// <summary>The members of a Kinesis record are about to be delivered.</summary>
    void Delivering(KinesisRecord record, string shardId);

    /// <summary>A user record is about to end without success.</summary>
    /// <param name="shardId">The shard that was predicted; null where none was.</param>
    void Failing(string? shardId, MemberRef member, RecordStatus status, string code, IReadOnlyList<Attempt> attempts);

    /// <summary>A user record has ended without success, and its caller has the result.</summary>
    void Failed(in RecordResult result);

    /// <summary>An unexpected defect occurred; the records of the call failed.</summary>
    void Broken(Exception defect);
}

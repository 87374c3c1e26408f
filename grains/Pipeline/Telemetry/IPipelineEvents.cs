namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// What the pipeline has to say to operators. It does not log: shells turn these into rate-limited log lines. Called from
/// pipeline threads, so an implementation returns at once and never throws.
/// </summary>
internal interface IPipelineEvents
{
    /// <summary>A new shard map is in force.</summary>
    void ShardMapLoaded(string stream, long version, int openShards);

    /// <summary>The shard map could not be read; tried again after the given time.</summary>
    void ShardMapFailed(string stream, string code, string message, TimeSpan retryIn);

    /// <summary>Kinesis does not know the stream: its records fail.</summary>
    void StreamMissing(string stream);

    /// <summary>The shard map may not be read: records travel alone, without prediction, until the right is granted.</summary>
    void PredictionOff(string stream, string missingAction);

    /// <summary>The stream's record limit may not or cannot be read: 1 MiB is assumed.</summary>
    void RecordLimitUnknown(string stream, string code, string message);

    /// <summary>A Kinesis record landed in another shard than predicted.</summary>
    void WrongShard(string stream, string predictedShard, string actualShard, int userRecords, bool sentAgain);

    /// <summary>A whole PutRecords call failed.</summary>
    void CallFailed(string stream, string code, string message, int kinesisRecords);

    /// <summary>
    /// Kinesis refuses everything until somebody acts: a key, a right, credentials or a clock. Said once for each such state; records
    /// are tried again slowly, within their time-to-live.
    /// </summary>
    void StreamBlocked(string stream, string code, string message);

    /// <summary>Kinesis takes records again.</summary>
    void StreamUnblocked(string stream, string code);

    /// <summary>Kinesis throttled Kinesis records of one shard in one call.</summary>
    void Throttled(string stream, string shard, int kinesisRecords);

    /// <summary>
    /// On an ordered stream a shard gave a sequence number that is not above the one it gave before: consumers see the records in another
    /// order than they were accepted.
    /// </summary>
    void OrderViolated(string stream, string shard, string formerNumber, string number);

    /// <summary>A user record ended without success.</summary>
    void RecordFailed(string stream, in RecordResult result);

    /// <summary>The store of the backlog cannot be used, or has no space; without a stream where the streams could not be listed.</summary>
    void BacklogDown(string stream, string message);

    /// <summary>The store of the backlog can be used again.</summary>
    void BacklogUp(string stream);

    /// <summary>Another process owns a log of the stream now: this one neither writes nor replays it any more.</summary>
    void BacklogFenced(string stream, string message);

    /// <summary>There was no room for a while: records go to the backlog.</summary>
    void SpillBegan(string stream);

    /// <summary>Records go to memory again.</summary>
    void SpillEnded(string stream);

    /// <summary>A segment of the backlog, or what is saved beside it, cannot be read. Where it lies now, and why.</summary>
    void SegmentSetAside(string stream, string where, string message);

    /// <summary>Records of the backlog can never be delivered and went to the dead letters.</summary>
    void RecordsSetAside(string stream, string code, string? message, int records);

    /// <summary>Failures that no handler was told of, because it is slower than they come.</summary>
    void FailureNotificationsLost(long count);

    /// <summary>A handler of the caller threw.</summary>
    void HandlerThrew(Exception exception);

    /// <summary>Something that should not happen did; the records concerned ended as failed.</summary>
    void Unexpected(string where, Exception exception);

    /// <summary>The drain limit passed with records left, which end with code Shutdown.</summary>
    void DrainCut(long recordsLeft);
}

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// Receives what the pipeline reports to operators. The pipeline does not log: its hosts turn these events into rate-limited log lines. Pipeline
/// threads call these methods, so an implementation returns at once and never throws.
/// </summary>
internal interface IPipelineEvents
{
    /// <summary>A new shard map is in force.</summary>
    void ShardMapLoaded(string stream, long version, int openShards);

    /// <summary>A new shard map is in force, with the shards of the one before.</summary>
    void ShardMapConfirmed(string stream, long version, int openShards) => ShardMapLoaded(stream, version, openShards);

    /// <summary>The shard map could not be read. It is read again after the given time.</summary>
    void ShardMapFailed(string stream, string code, string reason, TimeSpan retryIn);

    /// <summary>Kinesis does not know the stream: its records fail.</summary>
    void StreamMissing(string stream);

    /// <summary>Kinesis does not tell whose stream an ARN names: nothing is put there, and records by that ARN fail.</summary>
    void ArnUntold(string arn, string code, string reason);

    /// <summary>
    /// Settings are not under the stream's name, but under an ARN of the producer's own account and region, or the name in another case: only the name's
    /// are used.
    /// </summary>
    void SettingsUnused(string given, string name);

    /// <summary>Reading the shard map is denied: records travel alone, without prediction, until the right is granted.</summary>
    void PredictionOff(string stream, string missingAction);

    /// <summary>The stream's record limit cannot be read: 1 MiB is assumed where reading it is denied, and else Kinesis decides.</summary>
    void RecordLimitUnknown(string stream, string code, string reason);

    /// <summary>Another shard than the predicted one took a Kinesis record.</summary>
    void WrongShard(string stream, string predictedShard, string actualShard, int userRecords, bool sentAgain);

    /// <summary>A whole PutRecords call failed.</summary>
    void CallFailed(string stream, string code, string reason, int kinesisRecords);

    /// <summary>
    /// Kinesis refuses everything until an operator corrects a key, a right, credentials or a clock. Reported once for each such state; records are
    /// tried again slowly, within their time-to-live.
    /// </summary>
    void StreamBlocked(string stream, string code, string reason);

    /// <summary>Kinesis accepts records again.</summary>
    void StreamUnblocked(string stream, string code);

    /// <summary>Kinesis throttled Kinesis records of one shard in one call.</summary>
    /// <param name="cause">How much of what a shard takes in a second was sent from here, and whether that shows another writer; null if not known.</param>
    void Throttled(string stream, string shard, int kinesisRecords, (double Sent, bool ShowsOthers)? cause);

    /// <summary>
    /// On an ordered stream a shard gave a sequence number that is not above its previous one: consumers see the records in another order than that
    /// of their acceptance.
    /// </summary>
    void OrderViolated(string stream, string shard, string formerNumber, string number);

    /// <summary>A user record failed.</summary>
    void RecordFailed(string stream, in RecordResult result);

    /// <summary>The store of the backlog cannot be used, or has no space. The stream is empty where the streams could not be listed.</summary>
    void BacklogDown(string stream, string reason);

    /// <summary>The store of the backlog can be used again.</summary>
    void BacklogUp(string stream);

    /// <summary>Another process owns a log of the stream now: this process neither writes nor replays it any more.</summary>
    void BacklogFenced(string stream, string reason);

    /// <summary>Memory was full for a while: records go to the backlog.</summary>
    void SpillBegan(string stream);

    /// <summary>Records go to memory again.</summary>
    void SpillEnded(string stream);

    /// <summary>A segment of the backlog, or a file saved beside it, cannot be read. Reports where it is now, and why.</summary>
    void SegmentSetAside(string stream, string where, string reason);

    /// <summary>Records of the backlog can never be delivered and became dead letters.</summary>
    void RecordsSetAside(string stream, string code, string? reason, int records);

    /// <summary>Handlers missed failures, because they are slower than the failures arrive.</summary>
    void FailureNotificationsLost(long count);

    /// <summary>Code of the program threw: a handler of failures, or a listener of metrics or spans. No record is affected.</summary>
    /// <param name="handler">Which, as the subject of a sentence.</param>
    void HandlerThrew(string handler, Exception exception);

    /// <summary>An unexpected defect occurred; the affected records failed.</summary>
    void Unexpected(string where, Exception exception);

    /// <summary>The drain limit passed while records remained; they fail with code Shutdown.</summary>
    void DrainCut(long recordsLeft);

    /// <summary>A stop leaves records of the stream in the backlog, for the next process with it.</summary>
    void BacklogLeft(string stream, long records);

    /// <summary>The store of the backlog hangs: the producer has ended without having closed it.</summary>
    /// <param name="streams">Those whose logs are not closed; none where only what comes after them is left.</param>
    /// <param name="after">How long it was waited for.</param>
    void BacklogNotClosed(IReadOnlyList<string> streams, TimeSpan after);

    /// <summary>The stream's last producer numbers could not be written at the end, or those that were written before cannot be read.</summary>
    void NumbersNotKept(string stream, string reason);
}

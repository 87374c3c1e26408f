using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Adapters.Logging;

/// <remarks>
/// All log methods of the class stand in this file. Where a class has them in two files, .NET's generator writes the files in either order, and two builds
/// of the same source differ.
/// </remarks>
internal sealed partial class PipelineLog
{
    [LoggerMessage(1, LogLevel.Information, "{Stream}: shard map {Version} with {OpenShards} open shards is in force")]
    public partial void ShardMapLoaded(string stream, long version, int openShards);

    [LoggerMessage(26, LogLevel.Debug, "{Stream}: shard map {Version} has the {OpenShards} open shards of the one before")]
    public partial void ShardMapConfirmed(string stream, long version, int openShards);

    [LoggerMessage(38, LogLevel.Warning, "Settings: {Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(3, LogLevel.Error, "{Stream}: Kinesis does not know this stream; its records fail")]
    public partial void StreamMissing(string stream);

    [LoggerMessage(27, LogLevel.Warning, "{Arn}: Kinesis does not tell whose stream this is, so nothing is put there and its records fail: {Code}: {Reason}")]
    public partial void ArnUntold(string arn, string code, string reason);

    [LoggerMessage(37, LogLevel.Warning, "Settings: Kpl:Streams:{Given} has no effect on stream {Stream}, which has that name to the letter; set Kpl:Streams:{Stream} instead")]
    public partial void SettingsUnused(string given, string stream);

    [LoggerMessage(4, LogLevel.Warning, "{Stream}: {MissingAction} is not allowed: records travel alone, without aggregation, until it is")]
    public partial void PredictionOff(string stream, string missingAction);

    [LoggerMessage(5, LogLevel.Warning, "{Stream}: the record limit of the stream could not be read, so 1 MiB is assumed where reading it is not allowed, and else Kinesis decides: {Code}: {Reason}")]
    public partial void RecordLimitUnknown(string stream, string code, string reason);

    [LoggerMessage(6, LogLevel.Information, "{Stream}: a Kinesis record of {UserRecords} user records for {PredictedShard} landed in {ActualShard}; sent again: {SentAgain}")]
    public partial void WrongShard(string stream, string predictedShard, string actualShard, int userRecords, bool sentAgain);

    [LoggerMessage(7, LogLevel.Warning, "{Stream}: a call with {KinesisRecords} Kinesis records failed: {Code}: {Reason}")]
    public partial void CallFailed(string stream, string code, string reason, int kinesisRecords);

    [LoggerMessage(10, LogLevel.Warning, "{Count} failed records were not told to the handlers of RecordFailed, which are slower than they come")]
    public partial void FailureNotificationsLost(long count);

    [LoggerMessage(11, LogLevel.Error, "{Handler} threw; no record is affected")]
    public partial void HandlerThrew(string handler, Exception exception);

    [LoggerMessage(12, LogLevel.Error, "Unexpected error in {Where}; the records concerned ended as failed")]
    public partial void Unexpected(string where, Exception exception);

    [LoggerMessage(13, LogLevel.Error, "The drain limit passed with {RecordsLeft} records left, which ended with code Shutdown")]
    public partial void DrainCut(long recordsLeft);

    [LoggerMessage(15, LogLevel.Error, "{Stream}: Kinesis takes nothing until somebody acts, and records are tried again slowly, within their time-to-live: {Code}: {Reason}")]
    public partial void StreamBlocked(string stream, string code, string reason);

    [LoggerMessage(16, LogLevel.Information, "{Stream}: Kinesis takes records again, after {Code}")]
    public partial void StreamUnblocked(string stream, string code);

    [LoggerMessage(17, LogLevel.Error, "{Stream}: the order of {Shard} is broken: it gave sequence number {Number} after {FormerNumber}")]
    public partial void OrderViolated(string stream, string shard, string formerNumber, string number);

    [LoggerMessage(18, LogLevel.Warning, "{Stream}: the store of the durable backlog cannot be used: {Reason}")]
    public partial void BacklogDown(string stream, string reason);

    [LoggerMessage(19, LogLevel.Information, "{Stream}: the store of the durable backlog can be used again")]
    public partial void BacklogUp(string stream);

    [LoggerMessage(20, LogLevel.Error, "{Stream}: another process owns a log of the backlog now; this one neither writes nor replays it any more: {Reason}")]
    public partial void BacklogFenced(string stream, string reason);

    [LoggerMessage(21, LogLevel.Warning, "{Stream}: the memory limit has been reached for a while; records go to the durable backlog until memory is free again")]
    public partial void SpillBegan(string stream);

    [LoggerMessage(22, LogLevel.Information, "{Stream}: records go to memory again")]
    public partial void SpillEnded(string stream);

    [LoggerMessage(23, LogLevel.Error, "{Stream}: a piece of the backlog cannot be read and was moved to {Where}: {Reason}")]
    public partial void SegmentSetAside(string stream, string where, string reason);

    [LoggerMessage(24, LogLevel.Error, "{Stream}: {Records} records of the backlog can never be delivered and were set aside with {Code}: {Reason}")]
    public partial void RecordsSetAside(string stream, string code, string? reason, int records);

    /// <summary>Once at a start: which variables and lines of profiles say where Kinesis is and how it is reached.</summary>
    [LoggerMessage(29, LogLevel.Information, "Kinesis is {Endpoint}; AWS's environment is heeded: {Heeded}. Settings would go before it")]
    public partial void EnvironmentHeeded(Uri endpoint, string heeded);

    [LoggerMessage(36, LogLevel.Warning, "{Stream}: {Records} records stay in the backlog; the next process with it delivers them")]
    public partial void BacklogLeft(string stream, long records);

    [LoggerMessage(141, LogLevel.Warning,
        "The backlog was not closed within {Seconds:0} s, because its disk does not answer. Still open: {Open}. What was told as Persisted is in it, and the next "
            + "process delivers that, and perhaps again what this one delivered last. Its folder is locked until the last write ends, or this process does",
        EventName = nameof(BacklogNotClosed))]
    private partial void LogBacklogNotClosed(double seconds, string open);

    [LoggerMessage(115, LogLevel.Warning, "{Stream}: 'kpl verify' will not know what came after the last numbers that it sees: {Reason}")]
    public partial void NumbersNotKept(string stream, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{Stream}: the shard map could not be read, and is tried again in {RetryInMilliseconds} ms: {Code}: {Reason}", EventName = nameof(ShardMapFailed))]
    private partial void LogShardMapFailed(string stream, string code, string reason, double retryInMilliseconds);

    [LoggerMessage(8, LogLevel.Warning, "{Stream}: Kinesis throttled {KinesisRecords} Kinesis records of {Shard}")]
    private partial void LogThrottled(string stream, string shard, int kinesisRecords);

    [LoggerMessage(31, LogLevel.Warning, "{Stream}: Kinesis throttled {KinesisRecords} Kinesis records of {Shard}: only {Percent} % of what a shard takes in a second was sent from here, so someone else writes there")]
    private partial void LogThrottledByOthers(string stream, string shard, int kinesisRecords, double percent);

    [LoggerMessage(32, LogLevel.Warning, "{Stream}: Kinesis throttled {KinesisRecords} Kinesis records of {Shard}: {Percent} % of what a shard takes in a second was sent from here, and large records and late calls are enough for that")]
    private partial void LogThrottledItself(string stream, string shard, int kinesisRecords, double percent);

    [LoggerMessage(9, LogLevel.Error, "{Stream}: the record with key {Key} was not delivered: {Code}: {Reason}{AfterAttempts}")]
    private partial void LogRecordFailed(string stream, string key, string? code, string? reason, string afterAttempts);

    [LoggerMessage(30, LogLevel.Error, "{Stream}: what became of the record with key {Key} is unknown, Kinesis may have it: {Code}: {Reason}{AfterAttempts}")]
    private partial void LogRecordUnknown(string stream, string key, string? code, string? reason, string afterAttempts);

    [LoggerMessage(25, LogLevel.Warning, "{Endpoint} does not take CBOR, records go there in JSON: {Code}: {Reason}", EventName = nameof(CborRefused))]
    private partial void LogCborRefused(string endpoint, string code, string reason);

    [LoggerMessage(28, LogLevel.Warning, "{Endpoint} refused a signature for its time: this machine's clock is {Seconds} s off, and requests are signed with the service's from now on", EventName = nameof(ClockCorrected))]
    private partial void LogClockCorrected(string endpoint, double seconds);
}

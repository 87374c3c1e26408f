using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Adapters.Logging;

internal sealed partial class PipelineLog
{
    [LoggerMessage(1, LogLevel.Information, "{Stream}: shard map {Version} with {OpenShards} open shards is in force")]
    private partial void LogShardMapLoaded(string stream, long version, int openShards);

    [LoggerMessage(26, LogLevel.Debug, "{Stream}: shard map {Version} has the {OpenShards} open shards of the one before")]
    private partial void LogShardMapConfirmed(string stream, long version, int openShards);

    [LoggerMessage(2, LogLevel.Warning, "{Stream}: the shard map could not be read: {Code}: {Reason}; tried again in {RetryInMilliseconds} ms")]
    private partial void LogShardMapFailed(string stream, string code, string reason, double retryInMilliseconds);

    [LoggerMessage(38, LogLevel.Warning, "Settings: {Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(3, LogLevel.Error, "{Stream}: Kinesis does not know this stream; its records fail")]
    private partial void LogStreamMissing(string stream);

    [LoggerMessage(27, LogLevel.Warning, "{Arn}: Kinesis does not tell whose stream this is, so nothing is put there and its records fail: {Code}: {Reason}")]
    private partial void LogArnUntold(string arn, string code, string reason);

    [LoggerMessage(37, LogLevel.Warning, "Settings: Kpl:Streams:{Arn} has no effect: that stream is of the producer's own account and region, and so it is {Stream}; set Kpl:Streams:{Stream} instead")]
    private partial void LogSettingsUnused(string arn, string stream);

    [LoggerMessage(4, LogLevel.Warning, "{Stream}: {MissingAction} is not allowed: records travel alone, without aggregation, until it is")]
    private partial void LogPredictionOff(string stream, string missingAction);

    [LoggerMessage(5, LogLevel.Warning, "{Stream}: the record limit of the stream could not be read: {Code}: {Reason}; 1 MiB is assumed where reading it is not allowed, and else Kinesis decides")]
    private partial void LogRecordLimitUnknown(string stream, string code, string reason);

    [LoggerMessage(6, LogLevel.Information, "{Stream}: a Kinesis record of {UserRecords} user records for {PredictedShard} landed in {ActualShard}; sent again: {SentAgain}")]
    private partial void LogWrongShard(string stream, string predictedShard, string actualShard, int userRecords, bool sentAgain);

    [LoggerMessage(7, LogLevel.Warning, "{Stream}: a call with {KinesisRecords} Kinesis records failed: {Code}: {Reason}")]
    private partial void LogCallFailed(string stream, string code, string reason, int kinesisRecords);

    [LoggerMessage(8, LogLevel.Warning, "{Stream}: Kinesis throttled {KinesisRecords} Kinesis records of {Shard}")]
    private partial void LogThrottled(string stream, string shard, int kinesisRecords);

    [LoggerMessage(31, LogLevel.Warning, "{Stream}: Kinesis throttled {KinesisRecords} Kinesis records of {Shard}: only {Percent} % of what a shard takes in a second was sent from here, so someone else writes there")]
    private partial void LogThrottledByOthers(string stream, string shard, int kinesisRecords, double percent);

    [LoggerMessage(32, LogLevel.Warning, "{Stream}: Kinesis throttled {KinesisRecords} Kinesis records of {Shard}: {Percent} % of what a shard takes in a second was sent from here, and large records and late calls are enough for that")]
    private partial void LogThrottledItself(string stream, string shard, int kinesisRecords, double percent);

    [LoggerMessage(9, LogLevel.Error, "{Stream}: the record with key {Key} was not delivered: {Code}: {Reason} ({Attempts} attempts)")]
    private partial void LogRecordFailed(string stream, string key, string? code, string? reason, int attempts);

    [LoggerMessage(30, LogLevel.Error, "{Stream}: what became of the record with key {Key} is unknown, Kinesis may have it: {Code}: {Reason} ({Attempts} attempts known)")]
    private partial void LogRecordUnknown(string stream, string key, string? code, string? reason, int attempts);

    [LoggerMessage(10, LogLevel.Warning, "{Count} failed records were not told to the handlers of RecordFailed, which are slower than they come")]
    private partial void LogFailureNotificationsLost(long count);

    [LoggerMessage(11, LogLevel.Error, "{Handler} threw; no record is affected")]
    private partial void LogHandlerThrew(string handler, Exception exception);

    [LoggerMessage(12, LogLevel.Error, "Unexpected error in {Where}; the records concerned ended as failed")]
    private partial void LogUnexpected(string where, Exception exception);

    [LoggerMessage(13, LogLevel.Error, "The drain limit passed with {RecordsLeft} records left, which ended with code Shutdown")]
    private partial void LogDrainCut(long recordsLeft);

    [LoggerMessage(15, LogLevel.Error, "{Stream}: Kinesis takes nothing until somebody acts: {Code}: {Reason}; records are tried again slowly, within their time-to-live")]
    private partial void LogStreamBlocked(string stream, string code, string reason);

    [LoggerMessage(16, LogLevel.Information, "{Stream}: Kinesis takes records again, after {Code}")]
    private partial void LogStreamUnblocked(string stream, string code);

    [LoggerMessage(17, LogLevel.Error, "{Stream}: the order of {Shard} is broken: it gave sequence number {Number} after {FormerNumber}")]
    private partial void LogOrderViolated(string stream, string shard, string formerNumber, string number);

    [LoggerMessage(14, LogLevel.Warning, "{Count} more events of kind {Kind} within a minute were left out of the log")]
    private partial void LogLeftOut(long count, EventKind kind);

    [LoggerMessage(18, LogLevel.Warning, "{Stream}: the store of the durable backlog cannot be used: {Reason}")]
    private partial void LogBacklogDown(string stream, string reason);

    [LoggerMessage(19, LogLevel.Information, "{Stream}: the store of the durable backlog can be used again")]
    private partial void LogBacklogUp(string stream);

    [LoggerMessage(20, LogLevel.Error, "{Stream}: another process owns a log of the backlog now; this one neither writes nor replays it any more: {Reason}")]
    private partial void LogBacklogFenced(string stream, string reason);

    [LoggerMessage(21, LogLevel.Warning, "{Stream}: the memory limit has been reached for a while; records go to the durable backlog until memory is free again")]
    private partial void LogSpillBegan(string stream);

    [LoggerMessage(22, LogLevel.Information, "{Stream}: records go to memory again")]
    private partial void LogSpillEnded(string stream);

    [LoggerMessage(23, LogLevel.Error, "{Stream}: a piece of the backlog cannot be read and was moved to {Where}: {Reason}")]
    private partial void LogSegmentSetAside(string stream, string where, string reason);

    [LoggerMessage(24, LogLevel.Error, "{Stream}: {Records} records of the backlog can never be delivered and were set aside with {Code}: {Reason}")]
    private partial void LogRecordsSetAside(string stream, string code, string? reason, int records);

    [LoggerMessage(25, LogLevel.Warning, "{Endpoint} does not take CBOR, records go there in JSON: {Code}: {Reason}")]
    private partial void LogCborRefused(string endpoint, string code, string reason);

    [LoggerMessage(28, LogLevel.Warning, "{Endpoint} refused a signature for its time: this machine's clock is {Seconds} s off, and requests are signed with the service's from now on")]
    private partial void LogClockCorrected(string endpoint, double seconds);

    [LoggerMessage(29, LogLevel.Information, "Kinesis is {Endpoint}; AWS's environment is heeded: {Heeded}. Settings would go before it")]
    private partial void LogEnvironmentHeeded(Uri endpoint, string heeded);

    [LoggerMessage(36, LogLevel.Warning, "{Stream}: {Records} records stay in the backlog; the next process with it delivers them")]
    private partial void LogBacklogLeft(string stream, long records);

    [LoggerMessage(115, LogLevel.Warning, "{Stream}: 'kpl verify' will not know what came after the last numbers that it sees: {Reason}")]
    private partial void LogNumbersNotKept(string stream, string reason);
}

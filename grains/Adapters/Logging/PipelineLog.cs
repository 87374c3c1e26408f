using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Logging;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Adapters.Logging;

/// <summary>
/// Turns the events of the pipeline into log lines, a few of each kind per minute, so that no storm of events becomes a storm
/// of lines. Its logger is a <see cref="GuardedLogger"/>.
/// </summary>
internal sealed partial class PipelineLog : IPipelineEvents, IDisposable
{
    private readonly ILogger _logger;
    private readonly bool _logKeys;
    private readonly EventBudget[] _budgets;

    public PipelineLog(ILogger logger, TimeProvider time, bool logKeys)
    {
        _logger = logger;
        _logKeys = logKeys;
        _budgets = [.. Enum.GetValues<EventKind>().Select(kind => new EventBudget(time, count => LogLeftOut(count, kind)))];
    }

    public void ShardMapLoaded(string stream, long version, int openShards) =>
        Tell(EventKind.ShardMapLoaded, () => LogShardMapLoaded(stream, version, openShards));

    public void ShardMapConfirmed(string stream, long version, int openShards)
    {
        if (_logger.IsEnabled(LogLevel.Debug))
            Tell(EventKind.ShardMapConfirmed, () => LogShardMapConfirmed(stream, version, openShards));
    }

    public void ShardMapFailed(string stream, string code, string message, TimeSpan retryIn) =>
        Tell(EventKind.ShardMapFailed, () => LogShardMapFailed(stream, code, message, retryIn.TotalMilliseconds));

    public void StreamMissing(string stream) =>
        Tell(EventKind.StreamMissing, () => LogStreamMissing(stream));

    public void ArnUntold(string arn, string code, string message) =>
        Tell(EventKind.ArnUntold, () => LogArnUntold(arn, code, message));

    public void SettingsUnused(string arn, string name) => LogSettingsUnused(arn, name);

    public void PredictionOff(string stream, string missingAction) =>
        Tell(EventKind.PredictionOff, () => LogPredictionOff(stream, missingAction));

    public void RecordLimitUnknown(string stream, string code, string message) =>
        Tell(EventKind.RecordLimitUnknown, () => LogRecordLimitUnknown(stream, code, message));

    public void WrongShard(string stream, string predictedShard, string actualShard, int userRecords, bool sentAgain) =>
        Tell(EventKind.WrongShard, () => LogWrongShard(stream, predictedShard, actualShard, userRecords, sentAgain));

    public void CallFailed(string stream, string code, string message, int kinesisRecords) =>
        Tell(EventKind.CallFailed, () => LogCallFailed(stream, code, message, kinesisRecords));

    public void StreamBlocked(string stream, string code, string message) =>
        Tell(EventKind.StreamBlocked, () => LogStreamBlocked(stream, code, message));

    public void StreamUnblocked(string stream, string code) =>
        Tell(EventKind.StreamUnblocked, () => LogStreamUnblocked(stream, code));

    public void Throttled(string stream, string shard, int kinesisRecords, (double Sent, bool ShowsOthers)? cause) => Tell(EventKind.Throttled, () =>
    {
        if (cause is not { } known)
            LogThrottled(stream, shard, kinesisRecords);
        else if (known.ShowsOthers)
            LogThrottledByOthers(stream, shard, kinesisRecords, Math.Round(known.Sent * 100));
        else
            LogThrottledItself(stream, shard, kinesisRecords, Math.Round(known.Sent * 100));
    });

    public void OrderViolated(string stream, string shard, string formerNumber, string number) =>
        Tell(EventKind.OrderViolated, () => LogOrderViolated(stream, shard, formerNumber, number));

    public void RecordFailed(string stream, in RecordResult result)
    {
        // Checked before any text is built for the line: a storm of failures passes here record by record.
        if (!_budgets[(int)EventKind.RecordFailed].TryTake())
            return;
        var key = ShowKey(result.Record?.PartitionKey);
        if (result.Status == RecordStatus.Unknown)
            LogRecordUnknown(stream, key, result.ErrorCode, result.ErrorMessage, result.AttemptCount);
        else
            LogRecordFailed(stream, key, result.ErrorCode, result.ErrorMessage, result.AttemptCount);
    }

    public void BacklogDown(string stream, string message) =>
        Tell(EventKind.BacklogDown, () => LogBacklogDown(stream, message));

    public void BacklogUp(string stream) =>
        Tell(EventKind.BacklogUp, () => LogBacklogUp(stream));

    public void BacklogFenced(string stream, string message) =>
        Tell(EventKind.BacklogFenced, () => LogBacklogFenced(stream, message));

    public void SpillBegan(string stream) =>
        Tell(EventKind.SpillBegan, () => LogSpillBegan(stream));

    public void SpillEnded(string stream) =>
        Tell(EventKind.SpillEnded, () => LogSpillEnded(stream));

    public void SegmentSetAside(string stream, string where, string message) =>
        Tell(EventKind.SegmentSetAside, () => LogSegmentSetAside(stream, where, message));

    public void RecordsSetAside(string stream, string code, string? message, int records) =>
        Tell(EventKind.RecordsSetAside, () => LogRecordsSetAside(stream, code, message, records));

    public void FailureNotificationsLost(long count) =>
        Tell(EventKind.FailureNotificationsLost, () => LogFailureNotificationsLost(count));

    public void HandlerThrew(string handler, Exception exception) =>
        Tell(EventKind.HandlerThrew, () => LogHandlerThrew(handler, exception));

    public void Unexpected(string where, Exception exception) =>
        Tell(EventKind.Unexpected, () => LogUnexpected(where, exception));

    /// <summary>Logs that an endpoint does not accept CBOR. The wire client reports it once for each endpoint.</summary>
    public void CborRefused(Uri endpoint, string code, string message) =>
        Tell(EventKind.CborRefused, () => LogCborRefused(endpoint.Authority, code, message));

    /// <summary>Logs that requests are signed with another time than this machine's.</summary>
    public void ClockCorrected(Uri endpoint, TimeSpan offset) =>
        Tell(EventKind.ClockCorrected, () => LogClockCorrected(endpoint.Authority, Math.Round(offset.TotalSeconds)));

    /// <summary>Logs, once at a start, which variables and lines of profiles say where Kinesis is and how it is reached.</summary>
    public void EnvironmentHeeded(Uri endpoint, string heeded) => LogEnvironmentHeeded(endpoint, heeded);

    public void DrainCut(long recordsLeft) =>
        Tell(EventKind.DrainCut, () => LogDrainCut(recordsLeft));

    public void BacklogLeft(string stream, long records) => LogBacklogLeft(stream, records);

    public void NumbersNotKept(string stream, string message) => LogNumbersNotKept(stream, message);

    /// <summary>Logs settings that work, but probably not as intended.</summary>
    public void TellWarnings(IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
            LogWarning(warning);
    }

    /// <summary>Reports how many lines were omitted.</summary>
    public void Dispose()
    {
        foreach (var budget in _budgets)
            budget.Dispose();
    }

    /// <summary>Returns the key, or enough of its hash to recognize it.</summary>
    internal string ShowKey(string? key)
    {
        if (_logKeys || key is null)
            return key ?? "";
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return Convert.ToHexStringLower(hash[..4]);
    }

    private void Tell(EventKind kind, Action log)
    {
        if (_budgets[(int)kind].TryTake())
            log();
    }
}

/// <summary>The kinds of events whose log lines are limited together.</summary>
internal enum EventKind
{
    ShardMapLoaded = 0,
    ShardMapFailed,
    StreamMissing,
    PredictionOff,
    RecordLimitUnknown,
    WrongShard,
    CallFailed,
    Throttled,
    RecordFailed,
    FailureNotificationsLost,
    HandlerThrew,
    Unexpected,
    DrainCut,
    StreamBlocked,
    StreamUnblocked,
    OrderViolated,
    BacklogDown,
    BacklogUp,
    BacklogFenced,
    SpillBegan,
    SpillEnded,
    SegmentSetAside,
    RecordsSetAside,
    CborRefused,
    ShardMapConfirmed,
    ClockCorrected,
    ArnUntold,
}

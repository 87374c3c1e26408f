using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Adapters.Logging;

/// <summary>Turns the events of the pipeline into log lines, a few of each kind per minute. Its logger is a <see cref="GuardedLogger"/>.</summary>
internal sealed partial class PipelineLog : IPipelineEvents, IDisposable
{
    private static readonly EventId ThrottledKind = new(8, nameof(Throttled));
    private static readonly EventId RecordFailedKind = new(9, nameof(RecordFailed));

    /// <summary>How many streams one line names.</summary>
    private const int MostNamed = 10;

    private readonly bool _logKeys;
    private readonly BudgetedLogger _logger;

    public PipelineLog(ILogger logger, TimeProvider time, bool logKeys)
    {
        _logKeys = logKeys;
        // The first five are two kinds, which ask for themselves; the others are said once.
        _logger = new BudgetedLogger(logger, time, 8, 31, 32, 9, 30, 29, 36, 38, 115, 141);
    }

    public void ShardMapFailed(string stream, string code, string reason, TimeSpan retryIn) =>
        LogShardMapFailed(stream, code, reason, retryIn.TotalMilliseconds);

    public void Throttled(string stream, string shard, int kinesisRecords, (double Sent, bool ShowsOthers)? cause)
    {
        if (!_logger.TryTake(ThrottledKind))
            return;
        if (cause is not { } known)
            LogThrottled(stream, shard, kinesisRecords);
        else if (known.ShowsOthers)
            LogThrottledByOthers(stream, shard, kinesisRecords, Math.Round(known.Sent * 100));
        else
            LogThrottledItself(stream, shard, kinesisRecords, Math.Round(known.Sent * 100));
    }

    public void RecordFailed(string stream, in RecordResult result)
    {
        // Checked before any text is built for the line: a storm of failures passes here record by record.
        if (!_logger.TryTake(RecordFailedKind))
            return;
        var key = ShowKey(result.Record?.PartitionKey);
        if (result.Status == RecordStatus.Unknown)
            LogRecordUnknown(stream, key, result.ErrorCode, result.ErrorMessage, result.AfterAttempts);
        else
            LogRecordFailed(stream, key, result.ErrorCode, result.ErrorMessage, result.AfterAttempts);
    }

    public void BacklogNotClosed(IReadOnlyList<string> streams, TimeSpan after)
    {
        var named = string.Join(", ", streams.Take(MostNamed));
        var open = streams.Count == 0 ? "the folder" : streams.Count <= MostNamed ? named : $"{named} and {streams.Count - MostNamed} more streams";
        LogBacklogNotClosed(after.TotalSeconds, open);
    }

    /// <summary>Logs that an endpoint does not accept CBOR. The wire client reports it once for each endpoint.</summary>
    public void CborRefused(Uri endpoint, string code, string reason) => LogCborRefused(endpoint.Authority, code, reason);

    /// <summary>Logs that requests are signed with another time than this machine's.</summary>
    public void ClockCorrected(Uri endpoint, TimeSpan offset) => LogClockCorrected(endpoint.Authority, Math.Round(offset.TotalSeconds));

    /// <summary>Logs settings that work, but probably not as intended.</summary>
    public void TellWarnings(IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
            LogWarning(warning);
    }

    /// <summary>Reports how many lines were omitted.</summary>
    public void Dispose() => _logger.Dispose();

    /// <summary>Returns the key, or enough of its hash to recognize it. Whoever may put a record must neither steer a terminal nor make up lines.</summary>
    internal string ShowKey(string? key)
    {
        if (_logKeys || key is null)
            return Printable.Of(key ?? "");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return Convert.ToHexStringLower(hash[..4]);
    }
}

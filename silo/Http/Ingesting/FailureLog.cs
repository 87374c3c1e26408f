using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>
/// Logs records that were accepted and then failed: for those of <c>/events</c> nobody else is told. A storm of failures
/// becomes a few lines and a count.
/// </summary>
internal sealed partial class FailureLog(
    IKplProducer producer, IOptions<KplHttpOptions> options, TimeProvider time, ILogger<FailureLog> logger) : IHostedService
{
    /// <summary>Lines a second at most.</summary>
    internal const int LinesPerSecond = 10;

    private readonly Lock _lock = new();
    private long _second = -1;
    private int _lines;
    private long _unsaid;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        producer.RecordFailed += Log;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        producer.RecordFailed -= Log;
        lock (_lock)
            SayUnsaid();
        return Task.CompletedTask;
    }

    private void Log(RecordFailure failure)
    {
        lock (_lock)
        {
            var second = time.GetTimestamp() / time.TimestampFrequency;
            if (second != _second)
            {
                SayUnsaid();
                (_second, _lines) = (second, 0);
            }
            if (++_lines > LinesPerSecond)
            {
                _unsaid++;
                return;
            }
        }
        LogFailure(
            logger, failure.Stream, KeyOf(failure.Record), failure.Result.ErrorCode, failure.Result.ErrorMessage, failure.Result.Attempts.Count);
    }

    private string KeyOf(in UserRecord record) => options.Value.LogKeys
        ? record.PartitionKey
        : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(record.PartitionKey)).AsSpan(0, 8));

    private void SayUnsaid()
    {
        if (_unsaid > 0)
            LogUnsaid(logger, _unsaid);
        _unsaid = 0;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A record of stream {Stream} with key {Key} failed: {Code}: {Reason} ({Attempts} attempts)")]
    private static partial void LogFailure(ILogger logger, string stream, string key, string? code, string? reason, int attempts);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} more records failed in the seconds before")]
    private static partial void LogUnsaid(ILogger logger, long count);
}

using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Clustering.Tls;

/// <summary>Handshakes that failed, in the log. Strangers can make as many of them as they like, so there are few lines.</summary>
internal sealed partial class HandshakeLog(ILogger logger, TimeProvider time) : IDisposable
{
    private readonly EventBudget _budget = new(time, count => LogLeftOut(logger, count));

    public void Failed(EndPoint? other, string reason)
    {
        if (_budget.TryTake())
            LogFailed(logger, other, reason);
    }

    public void Dispose() => _budget.Dispose();

    [LoggerMessage(98, LogLevel.Warning, "TLS with {Other} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, EndPoint? other, string reason);

    [LoggerMessage(99, LogLevel.Warning, "TLS failed {Count} more times within a minute")]
    private static partial void LogLeftOut(ILogger logger, long count);
}

using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Retries connecting while no silo is reachable, and tells why: when the reason is new, and again after pauses that grow.</summary>
internal sealed class ConnectionRetry(ILoggerFactory loggers, IServiceProvider services, ClusterSearch search) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly ClientLog _log = new(loggers.CreateLogger("Orleans.Kpl"));
    private readonly TimeProvider _time = (TimeProvider?)services.GetService(typeof(TimeProvider)) ?? TimeProvider.System;
    // One failure may show as one reason or another: each is told, and none again at once.
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private TimeSpan _pause = FirstPause;
    private long _toldAt;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        var reason = ReasonOf(exception);
        if (_told.Count > 0 && _time.GetElapsedTime(_toldAt) >= _pause)
        {
            _told.Clear();
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }

        // The same failure with another port or time is no new one.
        if (_told.Add(string.Concat(reason.Where(static c => !char.IsAsciiDigit(c)))))
        {
            _log.NotConnected(search.ClusterId, search.Place, reason);
            _toldAt = _time.GetTimestamp();
        }

        await Task.Delay(Wait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    /// <summary>Orleans' sentence for an empty list of gateways names its own classes; the innermost exception of any other failure tells most.</summary>
    private static string ReasonOf(Exception exception) =>
        exception.Message.StartsWith("Could not find any gateway", StringComparison.Ordinal)
            ? "no silo of that cluster is registered there"
            : exception.GetBaseException().Message.TrimEnd('.');
}

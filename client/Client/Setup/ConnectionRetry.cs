using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Retries connecting while no silo is reachable, and tells why: when the reason is new, and again every half minute.</summary>
internal sealed class ConnectionRetry(ILoggerFactory loggers, IServiceProvider services, ClusterSearch search) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TellAgain = TimeSpan.FromSeconds(30);

    private readonly ClientLog _log = new(loggers.CreateLogger("Orleans.Kpl"));
    private readonly TimeProvider _time = (TimeProvider?)services.GetService(typeof(TimeProvider)) ?? TimeProvider.System;
    // One failure may show as one reason or another: each is told, and none again at once.
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private long _toldAt;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        var reason = ReasonOf(exception);
        if (_time.GetElapsedTime(_toldAt) >= TellAgain)
            _told.Clear();
        if (_told.Add(reason))
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

using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Retries connecting while no silo is reachable.</summary>
internal sealed class ConnectionRetry(ILoggerFactory loggers, IServiceProvider services) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private readonly ClientLog _log = new(loggers.CreateLogger("Orleans.Kpl"));
    private readonly TimeProvider _time = (TimeProvider?)services.GetService(typeof(TimeProvider)) ?? TimeProvider.System;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        _log.NotConnected(exception.Message);
        await Task.Delay(Wait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }
}

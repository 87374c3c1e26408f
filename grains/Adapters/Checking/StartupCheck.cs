using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Adapters.Checking;

/// <summary>Checks the way to Kinesis when a host starts, and tells the answers once in its log: <see cref="KplOptions.CheckAtStart"/>.</summary>
internal sealed partial class StartupCheck : IAsyncDisposable, IDisposable
{
    private readonly ILogger _logger;
    private readonly StartCheck _setting;
    private readonly Func<CancellationToken, Task<KplCheckReport>> _ask;
    private readonly CancellationTokenSource _stop = new();
    private Task _checking = Task.CompletedTask;
    private int _isStopped;

    /// <param name="setting">What to do.</param>
    /// <param name="ask">Asks, and tells everything that was found.</param>
    /// <param name="logger">The log of the host.</param>
    public StartupCheck(StartCheck setting, Func<CancellationToken, Task<KplCheckReport>> ask, ILogger logger) =>
        (_setting, _ask, _logger) = (setting, ask, logger);

    /// <summary>Does what the setting says: nothing, a check in the background, or one that the start waits for.</summary>
    /// <exception cref="KplCheckException">An answer is bad, and the setting is <see cref="StartCheck.Fail"/>.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_setting == StartCheck.Log)
            _checking = Task.Run(() => CheckAsync(_stop.Token), CancellationToken.None);
        else if (_setting == StartCheck.Fail && await CheckAsync(cancellationToken).ConfigureAwait(false) is { IsHealthy: false } report)
            throw new KplCheckException(report);
    }

    /// <summary>Ends a check that is still under way.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _checking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends a check that is still under way, without waiting for its end.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0)
            return;
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task<KplCheckReport?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            var report = await _ask(cancellationToken).ConfigureAwait(false);
            Tell(report);
            return report;
        }
        catch (OperationCanceledException) when (Volatile.Read(ref _isStopped) != 0)
        {
            return null;
        }
        catch (Exception defect) when (defect is not OperationCanceledException)
        {
            // A check that breaks must not keep a producer from working.
            LogBroken(defect);
            return null;
        }
    }

    private void Tell(KplCheckReport report)
    {
        foreach (var line in report.Lines.Where(static l => l.Status == KplCheckStatus.Failed))
            LogFailed(line.ToString());
        if (report.IsHealthy)
        {
            var worthTelling = report.Lines.Where(static l => l.Name is "endpoint" or "limits").Select(static l => $"{l.Stream ?? l.Name}: {l.Message}");
            LogPassed(string.Join("; ", worthTelling));
        }
    }

    [LoggerMessage(40, LogLevel.Information, "Check at start passed: {Findings}")]
    private partial void LogPassed(string findings);

    [LoggerMessage(41, LogLevel.Warning, "Check at start: {Line}")]
    private partial void LogFailed(string line);

    [LoggerMessage(42, LogLevel.Warning, "The check at start broke off")]
    private partial void LogBroken(Exception defect);
}

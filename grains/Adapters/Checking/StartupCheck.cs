using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline;

namespace Orleans.Kpl.Adapters.Checking;

/// <summary>Checks the way to Kinesis when a host starts, and tells the answers once in its log: <see cref="KplOptions.CheckAtStart"/>.</summary>
/// <remarks>While Kinesis is away it asks again, and the producer's health has it from here: without records no call would tell.</remarks>
internal sealed partial class StartupCheck : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger;
    private readonly StartCheck _setting;
    private readonly Func<CancellationToken, Task<KplCheckReport>> _ask;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _checking = Task.CompletedTask;
    private int _isStopped;
    private volatile Tuple<DateTimeOffset, string>? _away;

    /// <param name="setting">What to do.</param>
    /// <param name="ask">Asks, and tells everything that was found.</param>
    /// <param name="logger">The log of the host.</param>
    public StartupCheck(StartCheck setting, Func<CancellationToken, Task<KplCheckReport>> ask, ILogger logger, TimeProvider time) =>
        (_setting, _ask, _logger, _time) = (setting, ask, logger, time);

    /// <summary>Has the producer's health tell that Kinesis is away, for as long as nothing that it called was answered.</summary>
    public void TellTo(ProducerPipeline producer) => producer.AwayAtStart = () => _away is { } away ? (away.Item1, away.Item2) : null;

    /// <summary>Does what the setting says: nothing, a check in the background, or one that the start waits for.</summary>
    /// <exception cref="KplCheckException">An answer is bad, and the setting is <see cref="StartCheck.Fail"/>.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_setting == StartCheck.Log)
            _checking = Task.Run(() => CheckUntilThereAsync(_stop.Token), CancellationToken.None);
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

    private async Task CheckUntilThereAsync(CancellationToken cancellationToken)
    {
        var report = await CheckAsync(cancellationToken).ConfigureAwait(false);
        for (var pause = FirstPause; report?.AwayCode is { } code; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            _away = new(_away?.Item1 ?? _time.GetUtcNow(), code);
            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
            report = await CheckAsync(cancellationToken, isAgain: true).ConfigureAwait(false);
        }

        _away = null;
    }

    private async Task<KplCheckReport?> CheckAsync(CancellationToken cancellationToken, bool isAgain = false)
    {
        try
        {
            var report = await _ask(cancellationToken).ConfigureAwait(false);
            if (!isAgain || report.AwayCode is null)
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

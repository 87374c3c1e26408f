using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Adapters.Checking;

/// <summary>Checks the way to Kinesis when a host starts, and tells the answers once in its log: <see cref="KplOptions.CheckAtStart"/>.</summary>
/// <remarks>
/// While Kinesis is away, or does not know a stream that is asked about, it asks again, and the producer's health has it from here: without records no call
/// would tell. Where all is well it sleeps until a record finds such a stream missing.
/// </remarks>
internal sealed partial class StartupCheck : IKinesisFindings, IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger;
    private readonly StartCheck _setting;
    private readonly Func<IReadOnlyList<string>?, CancellationToken, Task<KplCheckReport>> _ask;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _checking = Task.CompletedTask;
    private int _isStopped;
    private volatile Tuple<DateTimeOffset, string>? _away;
    private volatile IReadOnlyList<string> _missing = [];
    private volatile IReadOnlyList<string> _asked = [];
    private volatile TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="setting">What to do.</param>
    /// <param name="ask">Asks about those streams alone, or about all for null, and tells everything that was found.</param>
    /// <param name="logger">The log of the host.</param>
    public StartupCheck(StartCheck setting, Func<IReadOnlyList<string>?, CancellationToken, Task<KplCheckReport>> ask, ILogger logger, TimeProvider time) =>
        (_setting, _ask, _logger, _time) = (setting, ask, logger, time);

    /// <summary>Has the producer's health tell what is found; called before the first put.</summary>
    public void TellTo(ProducerPipeline producer) => producer.Hear(this);

    public (DateTimeOffset Since, string Code)? Away => _away is { } away ? (away.Item1, away.Item2) : null;

    public IReadOnlyList<string> Missing => _missing;

    public void Failed(string stream, string code)
    {
        if (code == RecordErrorCodes.ResourceNotFound && !_lost.Task.IsCompleted
            && _asked.FirstOrDefault(a => a == stream || a.EndsWith($"/{stream}", StringComparison.Ordinal)) is { } asked)
        {
            _lost.TrySetResult(asked);
        }
    }

    /// <summary>Does what the setting says: nothing, a check in the background, or one that the start waits for.</summary>
    /// <exception cref="KplCheckException">An answer is bad, and the setting is <see cref="StartCheck.Fail"/>.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var stop = _stop.Token;
        if (_setting == StartCheck.Log)
            _checking = OwnFlow.Start(() => CheckAndFollowAsync(stop));
        else if (_setting == StartCheck.Fail)
        {
            var report = await CheckAsync(cancellationToken).ConfigureAwait(false);
            if (report is { IsHealthy: false })
                throw new KplCheckException(report);
            _checking = OwnFlow.Start(() => FollowAsync(report, stop));
        }
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

    private async Task CheckAndFollowAsync(CancellationToken cancellationToken) =>
        await FollowAsync(await CheckAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private async Task FollowAsync(KplCheckReport? report, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; report is not null; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            Note(report);
            if (report is { AwayCode: null, MissingStreams.Count: 0 })
            {
                await _lost.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                pause = FirstPause;
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
            IEnumerable<string> lost = _lost.Task.IsCompletedSuccessfully ? [await _lost.Task.ConfigureAwait(false)] : [];
            _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var only = report.AwayCode is null ? report.MissingStreams.Union(lost).ToArray() : null;
            report = await CheckAsync(cancellationToken, report, only).ConfigureAwait(false);
        }

        (_away, _missing) = (null, []);
    }

    private void Note(KplCheckReport report)
    {
        _away = report.AwayCode is { } code ? new(_away?.Item1 ?? _time.GetUtcNow(), code) : null;
        if (report.AwayCode is not null)
            return;
        _asked = _asked.Union(report.Lines.Select(static l => l.Stream).OfType<string>()).ToArray();
        _missing = report.MissingStreams;
    }

    /// <param name="before">The former findings: those that stay are not told again.</param>
    /// <param name="only">The streams to ask about: those that are missing, for every check costs calls of the account. Null for all.</param>
    private async Task<KplCheckReport?> CheckAsync(
        CancellationToken cancellationToken, KplCheckReport? before = null, IReadOnlyList<string>? only = null)
    {
        try
        {
            var report = await _ask(only, cancellationToken).ConfigureAwait(false);
            // One that was missing is so until Kinesis tells that it is there: a question that was throttled, or could not be signed, tells nothing.
            var untold = _missing.Except(report.FoundStreams);
            report = report with { MissingStreams = report.MissingStreams.Union(untold).Order(StringComparer.Ordinal).ToArray() };
            if (before is null
                || (report.AwayCode is null && (before.AwayCode is not null || !report.MissingStreams.SequenceEqual(before.MissingStreams))))
            {
                Tell(report);
            }

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
            return before;
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

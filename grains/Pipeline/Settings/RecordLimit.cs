using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Settings;

/// <summary>
/// Reads the stream's summary, mainly for its record limit, outside the path of the records. DescribeStreamSummary is limited to 20 calls a second
/// for a whole account, so it is called once and repeated only for a reason. Instances that start together spread their calls. A record above 1 MiB,
/// or above what is known, waits for an answer that is no older than 20 s: the limit may have been raised. Where none comes, because Kinesis is away, the
/// record is accepted, and Kinesis decides: an outage must not turn it into one that no stream takes.
/// </summary>
internal sealed class RecordLimit(
    IKinesisGateway gateway, StreamTarget target, PipelineSettings settings, IPipelineEvents events, MonotonicClock clock, Random random) : IRecordLimit
{
    private static readonly TimeSpan SpreadOver = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private const int MaxTries = 10;

    /// <summary>How long an answer counts against a record that is larger.</summary>
    private const long Trusted = 20 * TimeSpan.TicksPerSecond;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource? _asking;
    // An answer to the last question has come, whose handlers may still run.
    private bool _hasCome;
    private long _askedAt;
    // Whether the last question has its answer, or asking is denied. An older answer counts against no record.
    private volatile bool _answered;
    private bool _isDenied;

    /// <summary>Raised when the stream's summary has been read. Callers that wait for the limit continue after the handlers.</summary>
    public event Action<StreamSummary>? Learned;

    // No answer helps where the settings allow no larger record. The time is read first: then a question that begins in between is seen.
    public bool IsUnknown =>
        settings.MaxRecordBytes < settings.Options.MaxUserRecordSize && (clock.Now - Volatile.Read(ref _askedAt) > Trusted || !_answered);

    /// <summary>Reads the limit after a random delay.</summary>
    public void LearnSoon() => _ = LearnSoonAsync();

    public async Task KnownAsync()
    {
        var asked = AskOnceAsync(answeredBefore: clock.Now - Trusted);
        await asked.WaitAsync(Patience, clock.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_answered && !TryGoOnWithout())
            await asked.WaitAsync(Patience, clock.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Reads the limit again, unless it was requested after the given instant. Never throws.</summary>
    public Task LearnAgainAsync(long since) => AskOnceAsync(answeredBefore: since);

    /// <summary>Forgets the limit, because the stream is gone.</summary>
    public void Forget()
    {
        _answered = false;
        AskAnew();
    }

    public void Stop() => _stop.Cancel();

    private async Task LearnSoonAsync()
    {
        if (await WaitAsync(SpreadOver * Draw()).ConfigureAwait(false) && !_answered)
            await KnownAsync().ConfigureAwait(false);
    }

    /// <summary>Has larger records accepted, because no answer has come. False where one has: what the handlers make of it must not be undone.</summary>
    private bool TryGoOnWithout()
    {
        lock (_lock)
        {
            if (!_hasCome)
                settings.AcceptLargest();
            return !_hasCome;
        }
    }

    /// <summary>Asks, or joins the question under way, or returns the former one unless it was asked before that instant and has its answer.</summary>
    private Task AskOnceAsync(long answeredBefore)
    {
        TaskCompletionSource asking;
        lock (_lock)
        {
            if (_asking is { } former && !(former.Task.IsCompleted && _askedAt < answeredBefore))
                return former.Task;
            (_answered, _hasCome) = (_isDenied, false);
            Volatile.Write(ref _askedAt, clock.Now);
            _asking = asking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        // Outside the lock: from here on the gateway and the handlers run.
        _ = OwnFlow.Run(() => AnswerAsync(asking));
        return asking.Task;
    }

    private async Task AnswerAsync(TaskCompletionSource asking)
    {
        try
        {
            await AskAsync().ConfigureAwait(false);
            asking.SetResult();
        }
        catch (Exception e)
        {
            events.Unexpected("reading the stream's limits", e);
            AskAnew();
            asking.SetResult();
        }
    }

    private async Task AskAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var summary = await gateway.DescribeStreamSummaryAsync(target, _stop.Token).ConfigureAwait(false);
                lock (_lock)
                    _hasCome = true;
                Learned?.Invoke(summary);
                (_answered, _isDenied) = (true, false);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (KinesisException e) when (e.Code is "LimitExceededException" or "ThrottlingException" && tries < MaxTries)
            {
                var wait = TimeSpan.FromSeconds(1 << tries);
                if (!await WaitAsync((wait < LongestWait ? wait : LongestWait) * (0.5 + Draw())).ConfigureAwait(false))
                    return;
            }
            catch (KinesisException e)
            {
                events.RecordLimitUnknown(target.Stream, e.Code, e.Message);
                if (e.Code == "AccessDeniedException")
                    _answered = _isDenied = true;
                else if (!_answered)
                    AskAnew();
                return;
            }
        }
    }

    /// <summary>Waits; false when stopped in the meantime.</summary>
    private async Task<bool> WaitAsync(TimeSpan wait)
    {
        await Task.Delay(wait, clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_stop.IsCancellationRequested;
    }

    private double Draw()
    {
        lock (random)
            return random.NextDouble();
    }

    /// <summary>Has the next record above 1 MiB request the limit again, because no answer arrived.</summary>
    private void AskAnew()
    {
        lock (_lock)
            (_asking, _hasCome) = (null, false);
    }
}

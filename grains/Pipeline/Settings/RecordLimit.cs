using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Settings;

/// <summary>
/// Learns what the stream says of itself, its record limit above all, off the way of the records: DescribeStreamSummary is
/// allowed 20 times a second for a whole account, so it is asked once, instances that start together spread their calls, and it
/// is asked again only where there is a reason. Until it is known 1 MiB holds; only a record above that waits for the answer.
/// </summary>
internal sealed class RecordLimit
{
    private static readonly TimeSpan SpreadOver = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private const int MaxTries = 10;

    private readonly IKinesisGateway _gateway;
    private readonly StreamTarget _target;
    private readonly IPipelineEvents _events;
    private readonly MonotonicClock _clock;
    private readonly Random _random;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task? _asking;
    private long _askedAt;
    private volatile bool _answered;

    public RecordLimit(IKinesisGateway gateway, StreamTarget target, IPipelineEvents events, MonotonicClock clock, Random random)
    {
        _gateway = gateway;
        _target = target;
        _events = events;
        _clock = clock;
        _random = random;
    }

    /// <summary>The stream told about itself. Whoever waits for the limit goes on after this.</summary>
    public event Action<StreamSummary>? Learned;

    /// <summary>Nobody has answered yet: 1 MiB is assumed.</summary>
    public bool IsUnknown => !_answered;

    /// <summary>Learns the limit some time soon.</summary>
    public void LearnSoon() => _ = LearnSoonAsync();

    /// <summary>Completes when the limit is known, or cannot be known. Never throws.</summary>
    public Task KnownAsync()
    {
        lock (_lock)
            return _asking ??= AskAsync();
    }

    /// <summary>Asks again, unless that was done since the given instant. Never throws.</summary>
    public Task LearnAgainAsync(long since)
    {
        lock (_lock)
        {
            if (_asking is { IsCompleted: true } && _askedAt < since)
                _asking = null;
            return _asking ??= AskAsync();
        }
    }

    /// <summary>The stream is gone: what is known of it holds no more.</summary>
    public void Forget()
    {
        _answered = false;
        AskAnew();
    }

    public void Stop() => _stop.Cancel();

    private async Task LearnSoonAsync()
    {
        if (await WaitAsync(SpreadOver * Draw()).ConfigureAwait(false) && IsUnknown)
            await KnownAsync().ConfigureAwait(false);
    }

    private async Task AskAsync()
    {
        _askedAt = _clock.Now;
        for (var tries = 1; ; tries++)
        {
            try
            {
                var summary = await _gateway.DescribeStreamSummaryAsync(_target, _stop.Token).ConfigureAwait(false);
                Learned?.Invoke(summary);
                _answered = true;
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
                _events.RecordLimitUnknown(_target.Stream, e.Code, e.Message);
                if (e.Kind == KinesisFailureKind.Refused)
                    _answered = true;
                else
                    AskAnew();
                return;
            }
        }
    }

    /// <summary>False when stopped meanwhile.</summary>
    private async Task<bool> WaitAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, _clock.Time, _stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private double Draw()
    {
        lock (_random)
            return _random.NextDouble();
    }

    /// <summary>Nobody answered: the next record above 1 MiB asks again.</summary>
    private void AskAnew()
    {
        lock (_lock)
            _asking = null;
    }
}

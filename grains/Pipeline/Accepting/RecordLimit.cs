using Orleans.Kpl.Pipeline.Sending;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>
/// Learns the stream's own record limit, once, off the way of the records: DescribeStreamSummary is allowed 20 times a second
/// for a whole account, so instances that start together spread their calls. Until it is known 1 MiB holds; only a record
/// above that waits for the answer.
/// </summary>
internal sealed class RecordLimit
{
    private static readonly TimeSpan SpreadOver = TimeSpan.FromSeconds(10);
    private const int MaxTries = 8;

    private readonly IKinesisGateway _gateway;
    private readonly StreamTarget _target;
    private readonly StreamSettings _settings;
    private readonly IPipelineEvents _events;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task? _asking;
    private volatile bool _answered;

    public RecordLimit(IKinesisGateway gateway, StreamTarget target, StreamSettings settings, IPipelineEvents events, TimeProvider time, Random random)
    {
        _gateway = gateway;
        _target = target;
        _settings = settings;
        _events = events;
        _time = time;
        _random = random;
    }

    /// <summary>Nobody has answered yet: 1 MiB is assumed.</summary>
    public bool IsUnknown => !_answered;

    /// <summary>Learns the limit some time soon.</summary>
    public void LearnSoon() => _ = LearnSoonAsync();

    /// <summary>Completes when the limit is known, or cannot be known. Never throws.</summary>
    public Task KnownAsync()
    {
        lock (_gate)
            return _asking ??= AskAsync();
    }

    public void Stop() => _stop.Cancel();

    private async Task LearnSoonAsync()
    {
        try
        {
            await Task.Delay(SpreadOver * _random.NextDouble(), _time, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await KnownAsync().ConfigureAwait(false);
    }

    private async Task AskAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var summary = await _gateway.DescribeStreamSummaryAsync(_target, _stop.Token).ConfigureAwait(false);
                _settings.SetMaxRecordBytes(summary.MaxRecordSizeInKiB * 1024L);
                _answered = true;
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (KinesisException e) when (e.Code is "LimitExceededException" or "ThrottlingException" && tries < MaxTries)
            {
                await Task.Delay(TimeSpan.FromSeconds(tries * (0.5 + _random.NextDouble())), _time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (KinesisException e)
            {
                _events.RecordLimitUnknown(_target.Stream, e.Code, e.Message);
                if (e.Kind == KinesisFailureKind.Refused)
                    _answered = true;
                else
                    Forget();
                return;
            }
        }
    }

    /// <summary>Nobody answered: the next record above 1 MiB asks again.</summary>
    private void Forget()
    {
        lock (_gate)
            _asking = null;
    }
}

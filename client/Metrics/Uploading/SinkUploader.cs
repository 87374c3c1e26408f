using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Logging;
using Orleans.Kpl.Metrics.CloudWatch;
using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Metrics.Datadog;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Uploading;

/// <summary>Keeps what a sink could not take, and brings it again with what happens until then. Records never wait for it.</summary>
internal sealed partial class SinkUploader(IMetricsSink sink, UploadCounter uploads, ILogger logger, TimeProvider time)
{
    /// <summary>The most series that a sink left and that are kept. Values of further ones are lost, and the log says so.</summary>
    private const int MaxKept = 20_000;

    private const int Attempts = 3;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);

    /// <summary>So long one call of the sink is waited for without any of its parts taken or refused: other sinks wait with it.</summary>
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _lock = new(1);
    private readonly Dictionary<string, MetricSeries> _kept = [];

    /// <summary>The call that is under way, which has the values that it was made with; null for none.</summary>
    private Task<(IReadOnlyList<MetricSeries> Left, Exception? Error)>? _call;
    private bool _isFailing;

    /// <summary>Whether the sink gets each value once, with its finest dimensions.</summary>
    public bool TakesFinest => sink is IFinestSink;

    /// <summary>Uploads values together with those that were kept. Whatever the sink throws is told in the log.</summary>
    /// <param name="stop">Ends the pauses, and begins no further try. A call under way goes on: cut off, what it brought would be told twice.</param>
    /// <param name="end">Ends the call too.</param>
    public async Task UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken stop, CancellationToken end)
    {
        using var turn = await _lock.EnterAsync().ConfigureAwait(false);
        try
        {
            Keep(metrics);
            // An idle process would otherwise upload for ever that it has uploaded.
            if (_call is not null || !_kept.Values.All(UploadCounter.IsOf))
                await TryAllAsync(stop, end).ConfigureAwait(false);
        }
        catch (Exception defect)
        {
            // It would end the collector, for all sinks.
            LogBroke(sink.GetType().Name, defect);
        }
    }

    private async Task TryAllAsync(CancellationToken stop, CancellationToken end)
    {
        var error = await EndCallAsync(end).ConfigureAwait(false);
        for (var attempt = 1; attempt <= Attempts && _call is null && _kept.Count > 0; attempt++)
        {
            await Task.Delay(FirstWait * (attempt - 1), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                break;
            List<MetricSeries> metrics = [.. _kept.Values.OrderBy(static m => m.Dimensions.Count).ThenBy(static m => m.Name, StringComparer.Ordinal)];
            _kept.Clear();
            _call = CallAsync(metrics, end);
            error = await EndCallAsync(end).ConfigureAwait(false);
        }

        Trim();
        uploads.Ended(sink.Name, isDone: _kept.Count == 0 && _call is null);
        Tell(error);
    }

    /// <summary>Waits for the call that is under way. What it did not take is kept again.</summary>
    private async Task<Exception?> EndCallAsync(CancellationToken cancellationToken)
    {
        if (_call is null)
            return null;
        try
        {
            var (left, error) = await WaitAsync(_call, cancellationToken).ConfigureAwait(false);
            _call = null;
            // What came while the call hung is newer.
            Keep(left, areOlder: true);
            return error;
        }
        catch (TimeoutException)
        {
            return new TimeoutException($"its call has not ended for {LongestCall.TotalSeconds:0} s");
        }
        catch (OperationCanceledException error)
        {
            return error;
        }
    }

    /// <summary>Waits as long as parts of the call end: a large upload has many, one after another.</summary>
    private async Task<T> WaitAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            var ended = (sink as IPartedSink)?.PartsEnded;
            try
            {
                return await call.WaitAsync(LongestCall, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException) when (ended != (sink as IPartedSink)?.PartsEnded)
            {
                // It goes on.
            }
        }
    }

    private async Task<(IReadOnlyList<MetricSeries> Left, Exception? Error)> CallAsync(List<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        try
        {
            // A sink of the program's own may block its thread, and what it gives back may be null, or have nulls.
            var left = await Task.Run(() => sink.UploadAsync(metrics, cancellationToken), CancellationToken.None).ConfigureAwait(false);
            return ([.. left?.OfType<MetricSeries>() ?? []], null);
        }
        catch (Exception error)
        {
            return (metrics, error);
        }
    }

    private void Keep(IReadOnlyList<MetricSeries> metrics, bool areOlder = false)
    {
        foreach (var metric in metrics)
            metric.AddTo(_kept, areOlder);
    }

    /// <summary>What the last try of an upload left, or came while a call hangs, is kept up to the limit: sums rather than their parts.</summary>
    private void Trim()
    {
        if (_kept.Count - MaxKept is not (> 0 and var lost))
            return;
        foreach (var (key, _) in _kept.OrderByDescending(static s => s.Value.Dimensions.Count).Take(lost).ToList())
            _kept.Remove(key);
        LogLost(sink.Name, lost, MaxKept);
    }

    /// <summary>Tells the first failure of a row, and its end.</summary>
    private void Tell(Exception? error)
    {
        var isFailing = _kept.Count > 0 || _call is not null;
        if (isFailing && !_isFailing)
            LogFailed(sink.Name, error?.Message ?? "it did not take them all", _kept.Count);
        else if (!isFailing && _isFailing)
            LogWorks(sink.Name);
        _isFailing = isFailing;
    }

    [LoggerMessage(120, LogLevel.Warning, "Metrics cannot be uploaded to {Sink}: {Why}. {Count} series are kept, and go with the next upload")]
    private partial void LogFailed(string sink, string why, int count);

    [LoggerMessage(121, LogLevel.Information, "Metrics are uploaded to {Sink} again, with what was kept")]
    private partial void LogWorks(string sink);

    [LoggerMessage(123, LogLevel.Error, "The upload of metrics by {Sink} broke off; what it did not take goes with the next one")]
    private partial void LogBroke(string sink, Exception error);

    [LoggerMessage(122, LogLevel.Warning, "Values of {Count} series for {Sink} are lost: {Most} others wait to be uploaded")]
    private partial void LogLost(string sink, int count, int most);
}

/// <summary>A sink whose upload has parts.</summary>
internal interface IPartedSink : IMetricsSink
{
    /// <summary>How many parts of all its uploads were taken, or refused for good.</summary>
    long PartsEnded { get; }
}

/// <summary>Counts the uploads of one collector, on the meter of this library: whoever listens to it sees that metrics do not arrive.</summary>
internal sealed class UploadCounter : IDisposable
{
    private readonly Counter<long> _uploads;
    private readonly Action<string, Exception> _threw;

    /// <param name="meters">Makes the meter, in a host; null for a meter of the collector's own.</param>
    /// <param name="threw">Told which listener threw, and what.</param>
    public UploadCounter(IMeterFactory? meters, Action<string, Exception> threw)
    {
        _threw = threw;
        var options = new MeterOptions(KplDiagnostics.MeterName) { Version = KplDiagnostics.Version };
        Meter = meters?.Create(options) ?? new Meter(options);
        var metric = KplMetrics.MetricsUploads;
        _uploads = Meter.CreateCounter<long>(metric.Name, metric.Unit, metric.Meaning);
    }

    /// <summary>The meter, which has no role: no record is counted on it.</summary>
    public Meter Meter { get; }

    /// <summary>Whether a series tells of uploads only, which are no reason for another one.</summary>
    public static bool IsOf(MetricSeries series) => series.Name == KplMetrics.MetricsUploads.Name;

    /// <summary>An upload has ended.</summary>
    /// <param name="isDone">Whether the sink took all that there was.</param>
    public void Ended(string sink, bool isDone) =>
        _uploads.TryAdd(1, new TagList { { "Sink", sink }, { "Result", isDone ? "done" : "failed" } }, _threw);

    public void Dispose() => Meter.Dispose();
}

/// <summary>Makes the sinks that <c>Kpl:Metrics:Sinks</c> names and that upload.</summary>
internal static class NamedSinks
{
    /// <summary>Makes them.</summary>
    /// <param name="errors">What is wrong already, and what cannot work besides; then nothing that was returned is used.</param>
    public static IReadOnlyList<IMetricsSink> Create(
        KplOptions options, ILogger logger, TimeProvider time, Func<string, string?> variable, List<string> errors)
    {
        List<IMetricsSink> sinks = [];
        if (options.Metrics is not { Level: not MetricsLevel.None, Sinks: { } named })
            return sinks;
        // Settings that cannot work make no sinks, but everything that is wrong is told at once.
        var isChecked = errors.Count == 0;
        if (isChecked && named.Contains("CloudWatch"))
            Try(() => sinks.Add(CloudWatchSink.Create(options, logger, time)));
        if (isChecked && named.Contains("Datadog"))
            Try(() => sinks.Add(DatadogSink.Create(options, variable, logger, time)));
        else if (named.Contains("Datadog"))
            errors.AddRange(DatadogAccess.FindErrors(options.Metrics, variable));
        return sinks;

        void Try(Action create)
        {
            try
            {
                create();
            }
            catch (KplOptionsException error)
            {
                errors.AddRange(error.Errors);
            }
        }
    }
}

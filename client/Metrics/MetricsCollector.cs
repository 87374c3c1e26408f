using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Metrics.Prometheus;
using Orleans.Kpl.Metrics.Uploading;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Metrics;

/// <summary>
/// Collects the metrics of every producer of the process, as <see cref="MetricsOptions"/> says, and uploads them. Start it before the producers, and
/// dispose it after them: the last upload then has the last records.
/// </summary>
public sealed partial class MetricsCollector : IAsyncDisposable, IDisposable
{
    /// <summary>How often gauges are read between uploads, at least.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    private readonly MetricsOptions _options;
    private readonly TimeSpan _drainTimeout;
    private readonly TimeProvider _time;
    private readonly InstrumentListener _instruments;
    private readonly UploadCounter _uploads;
    private readonly SinkUploader[] _uploaders;
    private readonly IReadOnlyList<IDisposable> _owned;
    private readonly RecentMetrics? _recent;
    private readonly Lock _lock = new();
    // Of each stream as it was told last: one that has closed since keeps its granularity.
    private readonly Dictionary<string, long> _openShards = new(StringComparer.Ordinal);
    // Disposing cancels _stop, which ends pauses, and after LastUploadTime _end, which ends the calls that are under way.
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _end;
    private readonly ILogger _logger;
    private readonly Task _running;
    private Func<TimeSpan>? _left;
    private string? _gaugeError;
    private int _isDisposed;

    private MetricsCollector(
        KplOptions options, IReadOnlyList<IMetricsSink> sinks, IReadOnlyList<IDisposable> owned, ILogger logger, TimeProvider time, IMeterFactory? meters,
        bool isExclusive)
    {
        (_options, _drainTimeout, _time, _owned) = (options.Metrics, options.DrainTimeout, time, owned);
        _logger = logger;
        _end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _uploads = new UploadCounter(meters, LogListener);
        _instruments = new InstrumentListener(_options, meters, isExclusive, _uploads.Meter) { ProducerEnds = ReadNow };
        _uploaders = [.. sinks.Select(s => new SinkUploader(s, _uploads, logger, time))];
        InMemory = new InMemoryMetrics(this);
        _recent = _options.Sinks?.Contains("InMemory") == true ? new RecentMetrics(time) : null;
        Page = _options.Sinks?.Contains("Prometheus") == true ? new PrometheusPage(this) : null;
        _running = OwnFlow.Run(RunAsync);
    }

    /// <summary>The collected values, for programs that read them themselves.</summary>
    public InMemoryMetrics InMemory { get; }

    /// <summary>The page for Prometheus; null if <see cref="MetricsOptions.Sinks"/> does not name <c>Prometheus</c>.</summary>
    public IMetricsPage? Page { get; }

    /// <summary>Starts collecting, and uploading to the sinks of <see cref="MetricsOptions.Sinks"/>.</summary>
    /// <param name="options">The settings. Later changes to them have no effect.</param>
    /// <param name="loggers">The log; null for none.</param>
    /// <param name="sinks">Further sinks; the caller disposes them.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="meters">The meter factory of a host: producers of other hosts are left out. Null for all producers of the process.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static MetricsCollector Start(
        KplOptions options, ILoggerFactory? loggers = null, IEnumerable<IMetricsSink>? sinks = null, TimeProvider? time = null, IMeterFactory? meters = null) =>
        Start(options, loggers, sinks, time, meters, isExclusive: false, hasExporter: false);

    /// <summary>Starts collecting in the process of a tier, whose exporter brings metrics to sinks that a collector knows nothing of.</summary>
    internal static MetricsCollector StartInTier(KplOptions options, ILoggerFactory loggers, IMeterFactory? meters) =>
        Start(options, loggers, null, null, meters, isExclusive: false, hasExporter: true);

    /// <summary>Counts an upload that somebody else made.</summary>
    internal void CountUpload(string sink, bool isDone) => _uploads.Ended(sink, isDone);

    internal static MetricsCollector Start(
        KplOptions options, ILoggerFactory? loggers, IEnumerable<IMetricsSink>? sinks, TimeProvider? time, IMeterFactory? meters, bool isExclusive,
        bool hasExporter)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> errors = [.. KplOptionsValidator.ValidateMetrics(options).Errors];
        if (!hasExporter && options.Metrics.Sinks?.Contains("CloudWatchOtlp") == true)
        {
            errors.Add(
                "Kpl:Metrics:Sinks has 'CloudWatchOtlp', which only silos and the local tier have: here give OpenTelemetry's exporter an HttpClient with "
                    + "a SigV4Handler, as docs/metrics.md shows");
        }

        var logger = GuardedLogger.Of(loggers ?? NullLoggerFactory.Instance, "Orleans.Kpl.Metrics");
        var clock = time ?? TimeProvider.System;
        var settings = options.Snapshot();
        var named = NamedSinks.Create(settings, logger, clock, Environment.GetEnvironmentVariable, errors);
        List<IDisposable> owned = [.. named.OfType<IDisposable>()];
        if (errors.Count == 0)
            return new MetricsCollector(settings, [.. named, .. sinks ?? []], owned, logger, clock, meters, isExclusive);
        owned.ForEach(static s => s.Dispose());
        throw new KplOptionsException(errors);
    }

    /// <summary>
    /// Ends collecting with one last upload, which takes <see cref="KplOptions.DrainTimeout"/> at most, whatever sinks and endpoints do.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        var time = LastUploadTime;
        if (time > TimeSpan.Zero)
            _end.CancelAfter(time);
        else
            await _end.CancelAsync().ConfigureAwait(false);
        var last = UploadLastAsync();
        try
        {
            // A sink that does not mind its token must not keep the process.
            await last.WaitAsync(_end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Told below: a sink that minds its token may have ended first.
        }

        if (_end.IsCancellationRequested && _uploaders.Length > 0)
            LogCut(time.TotalSeconds);

        _instruments.Dispose();
        _uploads.Dispose();
        foreach (var sink in _owned)
            sink.Dispose();
        if (_running.IsCompleted)
        {
            _stop.Dispose();
            _end.Dispose();
        }
    }

    /// <summary>Ends like <see cref="DisposeAsync"/>, but blocks, for containers and <c>using</c> statements without asynchronous disposal.</summary>
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    /// <summary>Limits the last upload to what is left of the stop of a whole process, where that is less than the drain limit.</summary>
    /// <param name="left">Returns what is left; it is asked when the last upload begins.</param>
    internal void LimitLastUploadTo(Func<TimeSpan> left) => _left = left;

    /// <summary>Reads gauges, brings together what threads recorded, and shows every metric to a reader. One reader at a time.</summary>
    internal T Read<T>(Func<IReadOnlyList<CollectedMetric>, StreamGranularity, T> read)
    {
        lock (_lock)
        {
            var metrics = Settle();
            // Only Auto depends on the number of shards.
            return read(metrics, new StreamGranularity(_options.Granularity, _options.Granularity == MetricsGranularity.Auto ? CountShards(metrics) : []));
        }
    }

    /// <summary>Returns what happened in a window that ends now.</summary>
    internal IReadOnlyList<MetricSeries> ReadRecent(TimeSpan window)
    {
        if (_recent is null)
            throw new InvalidOperationException("Kpl:Metrics:Sinks does not name InMemory, so that nothing is kept for windows");
        lock (_lock)
        {
            AddRecent(_recent);
            return _recent.Over(window);
        }
    }

    /// <summary>Uploads what happened since the last time.</summary>
    internal async Task UploadAsync(CancellationToken cancellationToken)
    {
        var (tree, finest) = Read((metrics, granularity) =>
        {
            var windows = OfThisLibrary(metrics, static s => s.TakeWindow()).ToList();
            return (
                _uploaders.All(static u => u.TakesFinest) ? [] : KplTree.Of(windows, granularity),
                _uploaders.Any(static u => u.TakesFinest) ? FinestSeries.Of(windows, granularity) : []);
        });
        await Task.WhenAll(_uploaders.Select(u => u.UploadAsync(u.TakesFinest ? finest : tree, cancellationToken, _end.Token))).ConfigureAwait(false);
    }

    /// <summary>The series of the meter of this library.</summary>
    internal static IEnumerable<(CollectedMetric Metric, CollectedSeries Series, ValueStatistics Values)> OfThisLibrary(
        IReadOnlyList<CollectedMetric> metrics, Func<CollectedSeries, ValueStatistics> values) =>
        from metric in metrics
        where metric.Definition is not null
        from series in metric.All
        select (metric, series, values(series));

    private TimeSpan LastUploadTime => _left?.Invoke() is { } left && left < _drainTimeout ? left : _drainTimeout;

    private async Task UploadLastAsync()
    {
        await _running.ConfigureAwait(false);
        await TryAsync(() => UploadAsync(_end.Token)).ConfigureAwait(false);
    }

    private Dictionary<string, long> CountShards(IReadOnlyList<CollectedMetric> metrics)
    {
        // A process that serves no shard knows only those that it heard of.
        var counts = OfThisLibrary(metrics, static _ => default).Where(static s => s.Metric.Definition == KplMetrics.UserRecordsPut)
            .Where(static s => s.Series.Tags.Find("ShardId") is not null)
            .CountBy(static s => s.Series.Tags.Find("StreamName") ?? "").ToDictionary(static c => c.Key, static c => (long)c.Value);
        foreach (var (_, series, _) in OfThisLibrary(metrics, static _ => default).Where(static s => s.Metric.Definition == KplMetrics.OpenShards))
        {
            if (series.Last is > 0 and var open && series.Tags.Find("StreamName") is { } stream)
                _openShards[stream] = (long)open;
        }

        foreach (var (stream, open) in _openShards)
            counts[stream] = open;
        return counts;
    }

    private List<CollectedMetric> Settle()
    {
        TellGauges(_instruments.ReadGauges());
        var now = _time.GetTimestamp();
        _instruments.SettleShards(now);
        List<CollectedMetric> metrics = [.. _instruments.Metrics];
        foreach (var metric in metrics)
            metric.Settle(now);
        return metrics;
    }

    private void AddRecent(RecentMetrics recent)
    {
        lock (_lock)
            recent.Add(Read(static (metrics, grain) => KplTree.Of(OfThisLibrary(metrics, static s => s.TakeRecent()), grain)));
    }

    private void ReadNow()
    {
        lock (_lock)
            _ = Settle();
    }

    /// <summary>Tells of a gauge that throws, once until it throws something else.</summary>
    private void TellGauges(AggregateException? error)
    {
        var (before, now) = (_gaugeError, error?.InnerExceptions[0].Message);
        _gaugeError = now;
        if (now is not null && now != before)
            LogGauge(error!.InnerExceptions.Count, now, error);
    }

    private async Task RunAsync()
    {
        var (left, uploading) = (NextDelay(), Task.CompletedTask);
        try
        {
            while (true)
            {
                var pause = _recent is null ? LongestSilence : RecentMetrics.Part;
                var wait = left < pause ? left : pause;
                await Task.Delay(wait, _time, _stop.Token).ConfigureAwait(false);
                left -= wait;
                var isDue = left <= TimeSpan.Zero;
                await TryAsync(() => ReadBetweenAsync(isDue)).ConfigureAwait(false);
                if (!isDue)
                    continue;
                left = NextDelay();

                // A sink may take minutes, and windows have their seconds meanwhile. What happens until it has ended goes with the next upload.
                if (uploading.IsCompleted)
                    uploading = TryAsync(() => UploadAsync(_stop.Token));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The last upload is made by who ends it.
        }

        await uploading.ConfigureAwait(false);
    }

    /// <summary>Reads what is kept for windows, or what gauges say between two uploads.</summary>
    private Task ReadBetweenAsync(bool isDue)
    {
        if (_recent is not null)
            AddRecent(_recent);
        else if (!isDue && _uploaders.Length > 0)
            ReadNow();
        return Task.CompletedTask;
    }

    /// <summary>What breaks off one reading, as memory that is full, must not be the end of all later ones.</summary>
    private async Task TryAsync(Func<Task> read)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogBroke(error);
        }
    }

    /// <summary>The time until the next upload: up to a tenth earlier, so that many processes do not upload at once.</summary>
    /// <remarks>Timers have whole milliseconds: a part of one is no wait.</remarks>
    private TimeSpan NextDelay() =>
        TimeSpan.FromMilliseconds(Math.Ceiling(_options.UploadDelay.TotalMilliseconds * (1 - (Random.Shared.NextDouble() / 10))));

    [LoggerMessage(126, LogLevel.Warning, "{Count} gauges could not be read: {Why}. The other metrics are collected")]
    private partial void LogGauge(int count, string why, Exception error);

    [LoggerMessage(128, LogLevel.Error, "{Listener} threw; metrics are uploaded all the same")]
    private partial void LogListener(string listener, Exception error);

    [LoggerMessage(140, LogLevel.Error, "Metrics could not be read; it is tried again")]
    private partial void LogBroke(Exception error);

    [LoggerMessage(127, LogLevel.Warning, "The last upload of metrics did not end within {Seconds:0.0} s: what it had is lost")]
    private partial void LogCut(double seconds);
}

using Microsoft.Extensions.Logging;
using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Metrics.Uploading;

namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>Uploads metrics to Datadog's API, without an agent of theirs.</summary>
internal sealed partial class DatadogSink(DatadogClient client, DatadogPayloads payloads, ILogger logger, TimeProvider time)
    : IFinestSink, IPartedSink, IDisposable
{
    private const string HostVariable = "DD_HOSTNAME";

    /// <summary>So many seconds ahead a point may be. Whoever uploads more often than once a second for so long cannot tell each value apart.</summary>
    private const long MostAhead = 60;

    private long _ended;
    private long _second;

    public string Name => "Datadog";

    public long PartsEnded => Interlocked.Read(ref _ended);

    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static DatadogSink Create(KplOptions options, Func<string, string?> variable, ILogger logger, TimeProvider time)
    {
        var client = DatadogClient.Create(options, variable, time);
        var host = variable(HostVariable) is { Length: > 0 } named ? named : Environment.MachineName;
        var writer = new DatadogSeriesWriter(options.Metrics, host);
        LogOn(logger, client.Address, host);
        return new DatadogSink(client, new DatadogPayloads(writer), logger, time);
    }

    public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        // Of two points of one series in one second Datadog keeps the last one: the last upload of a process may follow another one at once.
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        _second = _second >= now && _second - now < MostAhead ? _second + 1 : now;
        var calls = payloads.Of(metrics, DateTimeOffset.FromUnixTimeSeconds(_second));
        return SinkCall.MakeAsync(calls, payload => client.PutAsync(payload, cancellationToken), LogRefused, () => Interlocked.Increment(ref _ended));
    }

    public void Dispose() => client.Dispose();

    [LoggerMessage(129, LogLevel.Information, "Metrics go to Datadog at {Address}, as those of host {Host}")]
    private static partial void LogOn(ILogger logger, Uri address, string host);

    [LoggerMessage(130, LogLevel.Warning, "Datadog refuses {Count} series for good, and they are lost: {Why}")]
    private partial void LogRefused(int count, string why);
}

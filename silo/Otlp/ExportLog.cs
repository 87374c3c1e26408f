using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Otlp;

/// <summary>
/// Tells in the log what goes wrong with exports: OpenTelemetry tells it to .NET's event sources alone, where nobody looks. Each kind is told once in ten
/// minutes.
/// </summary>
internal sealed partial class ExportLog : EventListener
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Source, int Id), long> _told = [];
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    public ExportLog(ILogger logger, TimeProvider time)
    {
        (_logger, _time) = (logger, time);
        // The base class has told of the sources that there were already, before the log was known.
        foreach (var source in EventSource.GetSources())
            Listen(source);
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (_logger is not null)
            Listen(eventSource);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        lock (_lock)
        {
            var key = (eventData.EventSource.Name, eventData.EventId);
            if (_told.TryGetValue(key, out var at) && _time.GetElapsedTime(at) < Silence)
                return;
            _told[key] = _time.GetTimestamp();
        }

        LogExport(Write(eventData.Message ?? eventData.EventName ?? "", [.. (eventData.Payload ?? []).Select(Told)]));
    }

    private static object? Told(object? part) =>
        part is string text && OtlpSettings.UrlOf(text) is { } endpoint ? OtlpExport.HostOf(endpoint) : part;

    private static string Write(string message, object?[] payload)
    {
        try
        {
            return string.Format(CultureInfo.InvariantCulture, message, payload);
        }
        catch (FormatException)
        {
            return $"{message} {string.Join(", ", payload)}";
        }
    }

    private void Listen(EventSource source)
    {
        if (source.Name is "OpenTelemetry-Sdk" or "OpenTelemetry-Exporter-OpenTelemetryProtocol")
            EnableEvents(source, EventLevel.Warning);
    }

    [LoggerMessage(131, LogLevel.Warning, "OpenTelemetry: {What}. Records are not affected")]
    private partial void LogExport(string what);
}

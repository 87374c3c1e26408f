using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>Keeps what was logged.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _audits = new();

    public IReadOnlyList<string> Errors => [.. _lines];

    /// <summary>The lines on calls of administration, each some time after its answer.</summary>
    public IReadOnlyList<string> Audits => [.. _audits];

    public ILogger CreateLogger(string categoryName) => new Lines(_lines, _audits);

    public void Dispose()
    {
    }

    private sealed class Lines(ConcurrentQueue<string> lines, ConcurrentQueue<string> audits) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
                lines.Enqueue(formatter(state, exception) + exception);
            else if (formatter(state, exception) is var line && line.StartsWith("Audit: ", StringComparison.Ordinal))
                audits.Enqueue(line);
        }
    }
}

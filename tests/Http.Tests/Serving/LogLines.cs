using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>Keeps what was logged.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Errors => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new Lines(_lines);

    public void Dispose()
    {
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
                lines.Enqueue(formatter(state, exception) + exception);
        }
    }
}

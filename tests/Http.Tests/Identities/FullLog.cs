using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>Keeps every line of every level, with its exception.</summary>
internal sealed class FullLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new All(_lines, categoryName);

    public void Dispose()
    {
    }

    private sealed class All(ConcurrentQueue<string> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}

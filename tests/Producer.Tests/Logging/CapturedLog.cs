using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Producer.Tests.Logging;

/// <summary>Keeps what is logged: a logger, and what makes loggers for a host.</summary>
internal sealed class CapturedLog : ILogger, ILoggerFactory, ILoggerProvider
{
    private readonly ConcurrentQueue<Entry> _entries = new();

    /// <summary>One line of the log.</summary>
    public sealed record Entry(string Category, LogLevel Level, string Line, Exception? Exception);

    public bool Throws { get; set; }

    /// <summary>How many lines it threw at.</summary>
    public int Thrown { get; private set; }

    /// <summary>Is told of each line, by the thread that writes it.</summary>
    public Action<Entry>? OnLine { get; set; }

    public IReadOnlyList<Entry> Entries => [.. _entries];

    public IReadOnlyList<(LogLevel Level, string Line)> Lines => [.. _entries.Select(static e => (e.Level, e.Line))];

    /// <summary>The lines alone.</summary>
    public IReadOnlyList<string> Texts => [.. _entries.Select(static e => e.Line)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Keep(new Entry("", logLevel, formatter(state, exception), exception));

    public ILogger CreateLogger(string categoryName) => new OfCategory(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private void Keep(Entry entry)
    {
        if (Throws)
        {
            Thrown++;
            throw new InvalidOperationException("the log is broken");
        }

        _entries.Enqueue(entry);
        OnLine?.Invoke(entry);
    }

    private sealed class OfCategory(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Keep(new Entry(category, logLevel, formatter(state, exception), exception));
    }
}

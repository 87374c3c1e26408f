using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Producer.Tests.Logging;

/// <summary>Keeps what is logged.</summary>
internal sealed class CapturedLog : ILogger, ILoggerFactory
{
    private readonly Lock _lock = new();
    private readonly List<(LogLevel Level, string Line)> _lines = [];

    public bool Throws { get; set; }

    public string? Category { get; private set; }

    public IReadOnlyList<(LogLevel Level, string Line)> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (Throws)
            throw new InvalidOperationException("the log is broken");
        lock (_lock)
            _lines.Add((logLevel, formatter(state, exception)));
    }

    public ILogger CreateLogger(string categoryName)
    {
        Category = categoryName;
        return this;
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}

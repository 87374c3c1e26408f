using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Writes the producer's warnings and errors as lines on standard error, above the progress bar.</summary>
internal sealed class StatusLogger(StatusLine status) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("this logger writes to standard error only");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            status.WriteLine($"kpl: {formatter(state, exception)}{(exception is null ? "" : $": {exception.Message}")}", logLevel >= LogLevel.Error ? Tone.Bad : Tone.Warning);
    }

    public void Dispose()
    {
    }
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>
/// The log that Orleans writes to. It leaves out three lines that frighten at the start and mean nothing: two say that server garbage collection is off,
/// which is this program's choice, and one tells of a stall that is as long as the machine has been up, from a clock that Orleans has not set yet.
/// </summary>
internal sealed class OrleansLog(ILoggerFactory inner) : ILoggerFactory
{
    private const string Silo = "Orleans.Runtime.Silo";
    private const string Watchdog = "Orleans.Runtime.Watchdog";

    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName switch
        {
            Silo => new Filtered(logger, static (_, message) => !message.StartsWith("Note: Silo not running with ServerGC", StringComparison.Ordinal)
                && !message.StartsWith("Note: ServerGC only", StringComparison.Ordinal)),
            Watchdog => new Filtered(logger, (state, _) => IsPossible(state)),
            _ => logger,
        };
    }

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>The factory below belongs to the process, which disposes it.</summary>
    public void Dispose()
    {
    }

    /// <summary>Whether nothing in the line is said to have lasted for longer than the process has been up.</summary>
    private bool IsPossible(object? state) =>
        state is not IReadOnlyList<KeyValuePair<string, object?>> values || !values.Any(v => v.Value is TimeSpan span && span > _sinceStart.Elapsed);

    private sealed class Filtered(ILogger logger, Func<object?, string, bool> isWanted) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isWanted(state, formatter(state, exception)))
                logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>
/// The log that Orleans writes to. It leaves out three lines that frighten at the start and mean nothing: two say that server garbage collection is off,
/// which is this program's choice, and one tells of a stall that is as long as the machine has been up, from a clock that Orleans has not set yet. It leaves
/// out, too, which part of a ring of hashes each grain service has: these serve their own silo alone.
/// From when a silo that has not joined is asked to stop it says nothing: Orleans would tell of each step that was broken off, with a stack trace.
/// </summary>
/// <param name="inner">The log of the process.</param>
/// <param name="stop">Ends the start of the silo.</param>
internal sealed class OrleansLog(ILoggerFactory inner, CancellationToken stop) : ILoggerFactory
{
    private const string Silo = "Orleans.Runtime.Silo";
    private const string Watchdog = "Orleans.Runtime.Watchdog";

    /// <summary>Orleans logs in the name of each grain service, which is ours, where its own information is left out.</summary>
    private const string Services = "LinkService";

    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();
    private volatile bool _hasJoined;

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return new Filtered(this, logger, categoryName switch
        {
            Silo => static (_, message) => !message.StartsWith("Note: Silo not running with ServerGC", StringComparison.Ordinal)
                && !message.StartsWith("Note: ServerGC only", StringComparison.Ordinal),
            Watchdog => (state, _) => IsPossible(state),
            _ when categoryName.EndsWith(Services, StringComparison.Ordinal) => static (_, message) =>
                !message.StartsWith("My range changed", StringComparison.Ordinal) && !message.Contains(" grain service on: ", StringComparison.Ordinal),
            _ => null,
        });
    }

    /// <summary>From now on a stop is an orderly one, and all of it is logged.</summary>
    public void Join() => _hasJoined = true;

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>The factory below belongs to the process, which disposes it.</summary>
    public void Dispose()
    {
    }

    /// <summary>A token is cancelled before anybody who waits for it is told.</summary>
    private bool IsGivenUp => stop.IsCancellationRequested && !_hasJoined;

    /// <summary>Whether nothing in the line is said to have lasted for longer than the process has been up.</summary>
    private bool IsPossible(object? state) =>
        state is not IReadOnlyList<KeyValuePair<string, object?>> values || !values.Any(v => v.Value is TimeSpan span && span > _sinceStart.Elapsed);

    private sealed class Filtered(OrleansLog log, ILogger logger, Func<object?, string, bool>? isWanted) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => !log.IsGivenUp && logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!log.IsGivenUp && (isWanted is null || isWanted(state, formatter(state, exception))))
                logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}

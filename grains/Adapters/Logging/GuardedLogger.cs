using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Adapters.Logging;

/// <summary>
/// A log of the program's whose providers may throw: no record and no loop ends with a line of the log. The first failure is a line of its own, for those
/// providers that work.
/// </summary>
internal sealed class GuardedLogger(ILogger logger) : ILogger
{
    private int _isTold;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception error)
        {
            Tell(error);
            return true;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception error)
        {
            Tell(error);
        }
    }

    private void Tell(Exception error)
    {
        if (Interlocked.Exchange(ref _isTold, 1) != 0)
            return;
        try
        {
            logger.Log(LogLevel.Error, default, "A provider of this log threw, and lines are missing where it writes", error, static (text, _) => text);
        }
        catch (Exception)
        {
            // There is nowhere else to tell it.
        }
    }
}

/// <summary>Makes such loggers.</summary>
internal sealed class GuardedLoggers(ILoggerFactory loggers) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new GuardedLogger(loggers.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => loggers.AddProvider(provider);

    /// <summary>The loggers belong to the program.</summary>
    public void Dispose()
    {
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Adapters.Logging;

/// <summary>
/// A log of the program's whose providers may throw: no record and no loop ends with a line of the log. The first failure is a line of its own, for those
/// providers that work.
/// </summary>
internal sealed class GuardedLogger(ILogger logger) : ILogger
{
    private int _isTold;

    /// <summary>Makes the logger of a category, by default the one that most lines of the tier have.</summary>
    public static GuardedLogger Of(ILoggerFactory loggers, string category = "Orleans.Kpl") => new(loggers.CreateLogger(category));

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

/// <summary>
/// Makes such loggers, each with a budget for every event: a store or a silo that does not answer is asked again several times a second, by every shard, and
/// may be away for days.
/// </summary>
internal sealed class GuardedLoggers(ILoggerFactory loggers, TimeProvider time) : ILoggerFactory
{
    private readonly ConcurrentDictionary<string, BudgetedLogger> _budgeted = new(StringComparer.Ordinal);

    public ILogger CreateLogger(string categoryName) =>
        _budgeted.GetOrAdd(categoryName, (name, self) => new BudgetedLogger(self.WithoutBudget(name), time), this);

    /// <summary>Makes a logger for what has budgets of its own.</summary>
    public ILogger WithoutBudget(string categoryName) => GuardedLogger.Of(loggers, categoryName);

    public void AddProvider(ILoggerProvider provider) => loggers.AddProvider(provider);

    /// <summary>Tells how many lines were left out. The loggers belong to the program.</summary>
    public void Dispose()
    {
        foreach (var (_, logger) in _budgeted)
            logger.Dispose();
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Adapters.Logging;

/// <summary>Writes a few lines of each event a minute, and then how many were left out, so that no storm of events becomes a storm of lines.</summary>
/// <param name="free">The events whose lines are never left out here.</param>
internal sealed partial class BudgetedLogger(ILogger logger, TimeProvider time, params int[] free) : ILogger, IDisposable
{
    private readonly ConcurrentDictionary<EventId, EventBudget> _budgets = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (free.Contains(eventId.Id) || TryTake(eventId))
            logger.Log(logLevel, eventId, state, exception, formatter);
    }

    /// <summary>Returns whether a line of this event may be written, and counts it.</summary>
    public bool TryTake(EventId kind) => _budgets.GetOrAdd(kind, static (kind, self) => self.Open(kind), this).TryTake();

    /// <summary>Reports how many lines were left out.</summary>
    public void Dispose()
    {
        foreach (var (_, budget) in _budgets)
            budget.Dispose();
    }

    private EventBudget Open(EventId kind) => new(time, count => LogLeftOut(count, kind.Name));

    [LoggerMessage(14, LogLevel.Warning, "{Count} more events of kind {Kind} within a minute were left out of the log")]
    private partial void LogLeftOut(long count, string? kind);
}

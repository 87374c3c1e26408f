using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// The log that the server of HTTP writes to. After it has refused a slow body, a read of the server is still open: it answers and closes the connection, as
/// it should, and calls that an error, with a stack trace. That one line has level debug. Where there are all the connections that there may be, it has a
/// warning for each further one, and anybody can make them: ten a minute are told, and how many more there were.
/// </summary>
/// <param name="inner">The log of the process.</param>
internal sealed partial class FrontLog(ILoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    private const string Server = "Microsoft.AspNetCore.Server.Kestrel";
    private const string RestIsNotRead = "RequestBodyDrainBodyReaderInvalidState";
    private const string OneTooMany = "ConnectionRejected";

    private readonly EventBudget _tooMany = new(time, count => LogLeftOut(inner.CreateLogger<FrontLog>(), count));

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName.StartsWith(Server, StringComparison.Ordinal) ? new Quieted(logger, _tooMany) : logger;
    }

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>The factory below belongs to the process, which disposes it.</summary>
    public void Dispose() => _tooMany.Dispose();

    [LoggerMessage(232, LogLevel.Warning, "{Count} more connections were closed within a minute because there were as many as may be (Kpl:Http:MaxConnections)")]
    private static partial void LogLeftOut(ILogger logger, long count);

    private sealed class Quieted(ILogger logger, EventBudget tooMany) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name != OneTooMany || tooMany.TryTake())
                logger.Log(eventId.Name == RestIsNotRead ? LogLevel.Debug : logLevel, eventId, state, exception, formatter);
        }
    }
}

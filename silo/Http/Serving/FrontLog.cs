namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// The log that the server of HTTP writes to. After it has refused a slow body, a read of the server is still open: it answers and closes the connection, as
/// it should, and calls that an error, with a stack trace. That one line has level debug.
/// </summary>
/// <param name="inner">The log of the process.</param>
internal sealed class FrontLog(ILoggerFactory inner) : ILoggerFactory
{
    private const string Server = "Microsoft.AspNetCore.Server.Kestrel";
    private const string RestIsNotRead = "RequestBodyDrainBodyReaderInvalidState";

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName == Server ? new Lowered(logger) : logger;
    }

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>The factory below belongs to the process, which disposes it.</summary>
    public void Dispose()
    {
    }

    private sealed class Lowered(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logger.Log(eventId.Name == RestIsNotRead ? LogLevel.Debug : logLevel, eventId, state, exception, formatter);
    }
}

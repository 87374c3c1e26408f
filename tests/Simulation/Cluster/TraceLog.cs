using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>Writes a silo's log into the trace, and finds fault with what it calls unexpected.</summary>
internal sealed class TraceLog(World world, SimulatedProcess process) : ILoggerFactory, ILogger
{
    /// <summary>The product's line for a defect of its own.</summary>
    private const int Unexpected = 12;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <summary>Traced or not: the product arms timers for the lines that it may write, so that a trace would tell another history.</summary>
    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (world.IsTracing)
            world.Say(process.Name, $"{formatter(state, exception)}{(exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})")}");
        if (eventId.Id == Unexpected && !process.IsDead)
            world.Violate($"{process.Name} calls this a defect: {formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}

using Microsoft.Extensions.Logging;
using Orleans.Kpl.Scaling.Running;

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

/// <summary>Writes what happens to shards into the trace.</summary>
internal sealed class TracedScaling(World world, SimulatedProcess process) : IAdminEvents
{
    public void OperationRuns(string stream, string operationId, string reason) => Say($"operation {operationId} runs: {reason}");

    public void OperationEnded(string stream, string operationId, OperationState state, string reason) => Say($"operation {operationId} ended, {state}: {reason}");

    public void OperationTaken(string stream, string operationId) => Say($"operation {operationId} is another's");

    public void Troubled(string stream, string doing, Exception error) => Say($"{doing} failed: {error.Message}");

    public void Decided(string stream, string decision) => Say(decision);

    private void Say(string what)
    {
        if (world.IsTracing)
            world.Say(process.Name, what);
    }
}

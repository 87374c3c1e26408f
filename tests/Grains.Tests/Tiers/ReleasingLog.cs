using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Does something while the next shard is opened: when the silo writes that it is.</summary>
internal sealed class ReleasingLog : ILoggerProvider, ILogger
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is done once; null again when it has been.</summary>
    public Action? Act { get; set; }

    /// <summary>Completes when a shard is closed.</summary>
    public Task Closed => _closed.Task;

    public void AddTo(ISiloBuilder silo) => silo.ConfigureServices(services => services.AddSingleton<ILoggerProvider>(this)
        .Configure<LoggerFilterOptions>(static o => o.Rules.Add(new LoggerFilterRule(null, typeof(HostedShard).FullName, LogLevel.Debug, null))));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        if (line.Contains(" is served here no more", StringComparison.Ordinal))
            _closed.TrySetResult();
        if (!line.EndsWith(" is served here", StringComparison.Ordinal) || Act is not { } act)
            return;
        Act = null;
        act();
    }

    public void Dispose()
    {
    }
}

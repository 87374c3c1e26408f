using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Hears which silo opens and closes which shard, and when.</summary>
internal sealed class OwnerWatch
{
    private readonly ConcurrentQueue<(long At, string Silo, string Shard, bool IsOpened)> _changes = [];

    public void AddTo(ISiloBuilder silo) => silo.ConfigureServices(services => services
        .AddSingleton<ILoggerProvider>(s => new Ears(this, s))
        .Configure<LoggerFilterOptions>(static o => o.Rules.Add(new LoggerFilterRule(null, typeof(HostedShard).FullName, LogLevel.Debug, null))));

    public static long Mark() => TimeProvider.System.GetTimestamp();

    /// <summary>For how long a shard had no owner since a time.</summary>
    /// <param name="lost">The silo that was lost then or before: what it closed, nobody heard in time.</param>
    public TimeSpan LongestGap(long since, string lost)
    {
        var longest = TimeSpan.Zero;
        foreach (var shard in _changes.GroupBy(static c => c.Shard))
        {
            var owner = shard.Where(c => c.At < since && c.IsOpened).Select(static c => c.Silo).LastOrDefault();
            long? closedAt = owner == lost ? since : null;
            foreach (var change in shard.Where(c => c.At >= since && c.Silo != lost))
            {
                if (!change.IsOpened)
                    closedAt = change.At;
                else if (closedAt is { } from)
                    (longest, closedAt) = (TimeSpan.FromTicks(Math.Max(longest.Ticks, TimeProvider.System.GetElapsedTime(from, change.At).Ticks)), null);
            }
        }

        return longest;
    }

    /// <param name="silo">Is asked for its name late: what has it wants a log.</param>
    private sealed class Ears(OwnerWatch watch, IServiceProvider silo) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (state is not IReadOnlyList<KeyValuePair<string, object?>> values || eventId.Name is not ("LogOpened" or "LogClosed"))
                return;
            var shard = values.First(static v => v.Key == "Shard").Value!.ToString()!;
            watch._changes.Enqueue((Mark(), silo.GetRequiredService<ILocalSiloDetails>().Name, shard, eventId.Name == "LogOpened"));
        }

        public void Dispose()
        {
        }
    }
}

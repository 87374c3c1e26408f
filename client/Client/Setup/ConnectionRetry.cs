using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Retries connecting while no silo is reachable, and tells why: when the reason is new, and again after pauses that grow.</summary>
internal sealed class ConnectionRetry(ILoggerFactory loggers, IServiceProvider services, ClusterSearch search) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly ClientLog _log = new(GuardedLogger.Of(loggers));
    private readonly TimeProvider _time = (TimeProvider?)services.GetService(typeof(TimeProvider)) ?? TimeProvider.System;
    // One failure may show as one reason or another: each is told, and none again at once.
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private TimeSpan _pause = FirstPause;
    private long _toldAt;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        var reason = ReasonOf(exception);
        if (_told.Count > 0 && _time.GetElapsedTime(_toldAt) >= _pause)
        {
            _told.Clear();
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }

        // The same failure with another port or time is no new one.
        if (_told.Add(string.Concat(reason.Where(static c => !char.IsAsciiDigit(c)))))
        {
            _log.NotConnected(search.ClusterId, search.Place, reason);
            _toldAt = _time.GetTimestamp();
        }

        await Task.Delay(Wait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    /// <summary>Orleans' sentence for an empty list of gateways names its own classes; the innermost exception of any other failure tells most.</summary>
    private static string ReasonOf(Exception exception) =>
        exception.Message.StartsWith("Could not find any gateway", StringComparison.Ordinal)
            ? "no silo of that cluster is registered there"
            : exception.GetBaseException().Message.TrimEnd('.');
}

/// <summary>The search for a silo of a cluster: what is looked for and where, and whether one was found.</summary>
/// <param name="place">Where its silos are looked up, in words.</param>
/// <param name="warnings">What of the cluster's settings works, but probably not as intended.</param>
internal sealed class ClusterSearch(string clusterId, string place, IReadOnlyList<string> warnings)
{
    /// <summary>The logger categories of Orleans that tell about the same search, at each attempt and without the names that a person needs.</summary>
    private static readonly string[] Categories = ["Orleans.Messaging.GatewayManager", "Orleans.Runtime.Messaging.ConnectionManager"];

    private IReadOnlyList<string> _warnings = warnings;
    private volatile bool _isOver;

    public string ClusterId { get; } = clusterId;

    public string Place { get; } = place;

    /// <summary>Whether the client was connected: from then on Orleans' own lines say something new.</summary>
    public bool IsOver
    {
        get => _isOver;
        set => _isOver = value;
    }

    /// <param name="region">The region of its table; null where there is no table.</param>
    public static ClusterSearch For(KplClusterOptions options, string? region, IReadOnlyList<string>? warnings = null)
    {
        var endpoint = options.DynamoDb.ServiceUrl?.GetLeftPart(UriPartial.Authority) ?? $"region {region}";
        var place = region is null
            ? $"gateway {options.AdvertisedAddress ?? "127.0.0.1"}:{options.GatewayPort} (Kpl:Cluster:AdvertisedAddress, GatewayPort)"
            : $"table {options.DynamoDb.SilosTable} of DynamoDB at {endpoint} (Kpl:DynamoDb)";
        return new(options.Id, place, warnings ?? []);
    }

    /// <summary>Returns the warnings to whoever is the first to tell them.</summary>
    public IReadOnlyList<string> TakeWarnings() => Interlocked.Exchange(ref _warnings, []);

    /// <summary>Keeps Orleans' lines about the search out of the log until it is over; what the program's own rules say of them holds afterwards.</summary>
    public void Quiet(LoggerFilterOptions filters)
    {
        foreach (var category in Categories)
        {
            var rule = filters.Rules
                .Where(r => r.ProviderName is null && category.StartsWith(r.CategoryName?.TrimEnd('*') ?? "", StringComparison.OrdinalIgnoreCase))
                .OrderBy(static r => r.CategoryName?.Length ?? 0).LastOrDefault();
            var level = rule?.LogLevel ?? filters.MinLevel;
            filters.Rules.Add(new LoggerFilterRule(null, category, level, (_, _, _) => IsOver));
        }
    }
}

/// <summary>Ends the search when the client is connected, and tells the warnings that no producer has told.</summary>
internal sealed class SearchEnd(ClusterSearch search, IServiceProvider services) : ILifecycleParticipant<IClusterClientLifecycle>
{
    public void Participate(IClusterClientLifecycle lifecycle) => lifecycle.Subscribe("Orleans.Kpl cluster", ServiceLifecycleStage.Last, _ =>
    {
        search.IsOver = true;
        var loggers = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        using var log = new PipelineLog(GuardedLogger.Of(loggers), services.GetService<TimeProvider>() ?? TimeProvider.System, logKeys: false);
        log.TellWarnings(search.TakeWarnings());
        return Task.CompletedTask;
    });
}

using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Client.Setup;

/// <summary>The search for a silo of a cluster: what is looked for and where, and whether one was found.</summary>
/// <param name="place">Where its silos are looked up, in words.</param>
internal sealed class ClusterSearch(string clusterId, string place)
{
    /// <summary>Where Orleans tells about the same search, at each attempt and without the names that a person needs.</summary>
    private static readonly string[] Categories = ["Orleans.Messaging.GatewayManager", "Orleans.Runtime.Messaging.ConnectionManager"];

    private volatile bool _isOver;

    public string ClusterId { get; } = clusterId;

    public string Place { get; } = place;

    /// <summary>Whether the client was connected: from then on Orleans' own lines say something new.</summary>
    public bool IsOver
    {
        get => _isOver;
        set => _isOver = value;
    }

    /// <param name="options">The cluster that is looked for.</param>
    /// <param name="region">The region of its table; null where there is no table.</param>
    public static ClusterSearch For(KplClusterOptions options, string? region)
    {
        if (region is null)
            return new(options.Id, $"gateway {options.AdvertisedAddress ?? "127.0.0.1"}:{options.GatewayPort} (Kpl:Cluster:AdvertisedAddress, GatewayPort)");
        var endpoint = options.DynamoDb.ServiceUrl?.GetLeftPart(UriPartial.Authority) ?? $"region {region}";
        return new(options.Id, $"table {options.DynamoDb.SilosTable} of DynamoDB at {endpoint} (Kpl:DynamoDb)");
    }

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

using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Settings;

namespace Orleans.Kpl.Host.Settings;

/// <summary>All settings of a silo, checked.</summary>
internal sealed class SiloSettings : ITierSettings
{
    public required KplOptions Kpl { get; init; }

    public required KplClusterOptions Cluster { get; init; }

    public required KplHttpOptions Http { get; init; }

    public required KinesisFrontOptions Front { get; init; }

    /// <summary>The location of the table of members; null with <see cref="ClusterMembership.Localhost"/>.</summary>
    public required DynamoDbLocation? DynamoDb { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IConfiguration Configuration { get; init; }
}

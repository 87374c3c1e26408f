namespace Orleans.Kpl;

/// <summary>Which cluster a silo or a client belongs to, and how it gets there: section <c>Kpl:Cluster</c>, with <c>Kpl:DynamoDb</c>.</summary>
public sealed class KplClusterOptions
{
    /// <summary>How silos find each other. Default <see cref="ClusterMembership.Localhost"/>.</summary>
    public ClusterMembership Membership { get; set; }

    /// <summary>
    /// The cluster: silos and clients with the same id find each other. Default <c>kpl</c>; letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, 1 to
    /// 100.
    /// </summary>
    public string Id { get; set; } = "kpl";

    /// <summary>The service, which outlives a cluster: what is stored belongs to it. Default <c>kpl</c>; as <see cref="Id"/>.</summary>
    public string ServiceId { get; set; } = "kpl";

    /// <summary>Where the other silos reach this one; 0 takes a free one. Default 11,111; 0 to 65,535.</summary>
    public int SiloPort { get; set; } = 11_111;

    /// <summary>
    /// Where clients reach this silo; 0 takes a free one. With <see cref="ClusterMembership.Localhost"/> a client reads it too.
    /// Default 30,000; 0 to 65,535.
    /// </summary>
    public int GatewayPort { get; set; } = 30_000;

    /// <summary>
    /// The address that others reach this silo at, and that it listens on: an IP address of this machine, or a name for one. Default
    /// null: 127.0.0.1 with <see cref="ClusterMembership.Localhost"/>, else the machine's own.
    /// </summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>How DynamoDB is reached; used with <see cref="ClusterMembership.DynamoDb"/>.</summary>
    public KplDynamoDbOptions DynamoDb { get; init; } = new();
}

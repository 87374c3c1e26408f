namespace Orleans.Kpl.DynamoDb.Membership;

/// <summary>The names of a row's attributes, those of Orleans' own provider for DynamoDB: silos with either share a table.</summary>
internal static class MemberAttributes
{
    /// <summary>The partition key: the cluster.</summary>
    public const string Cluster = "DeploymentId";

    /// <summary>The sort key: the silo, or <see cref="VersionRow"/>.</summary>
    public const string Silo = "SiloIdentity";

    /// <summary>The sort key of the row that has the version of a cluster's rows.</summary>
    public const string VersionRow = "VersionRow";

    public const string Address = "Address";
    public const string Port = "Port";
    public const string Generation = "Generation";
    public const string HostName = "HostName";
    public const string SiloName = "SiloName";
    public const string ProxyPort = "ProxyPort";
    public const string Status = "SiloStatus";
    public const string StartTime = "StartTime";
    public const string AliveTime = "IAmAliveTime";
    public const string SuspectingSilos = "SuspectingSilos";
    public const string SuspectingTimes = "SuspectingTimes";

    /// <summary>The version of the cluster's rows that wrote the row; in <see cref="VersionRow"/>, the version.</summary>
    public const string Version = "MembershipVersion";

    /// <summary>Grows with each change of the row; in <see cref="VersionRow"/>, with each change of any row.</summary>
    public const string ETag = "ETag";
}

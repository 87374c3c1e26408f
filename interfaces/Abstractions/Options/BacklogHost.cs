namespace Orleans.Kpl;

/// <summary>The kind of process that options are for. It determines where the durable backlog is.</summary>
internal enum BacklogHost
{
    /// <summary>An embedded producer: the backlog is in <see cref="BacklogOptions.Directory"/>, if that is set.</summary>
    Embedded = 0,

    /// <summary>A silo with <see cref="ClusterMembership.Localhost"/>: the backlog is in a directory too, though a silo could have a table.</summary>
    LocalSilo,

    /// <summary>A silo with <see cref="ClusterMembership.DynamoDb"/>: the backlog is in a DynamoDB table.</summary>
    ClusterSilo,

    /// <summary>A client of a cluster: the backlog is at the silos, whose settings apply.</summary>
    ClusterClient,
}

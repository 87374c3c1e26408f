namespace Orleans.Kpl;

/// <summary>Which kind of process options are for: it decides where the durable backlog lies.</summary>
internal enum BacklogHost
{
    /// <summary>An embedded producer: in <see cref="BacklogOptions.Directory"/>, where that is set.</summary>
    Embedded = 0,

    /// <summary>A silo with <see cref="ClusterMembership.Localhost"/>: in a directory too, though a silo could have a table.</summary>
    LocalSilo,

    /// <summary>A silo with <see cref="ClusterMembership.DynamoDb"/>: in a DynamoDB table.</summary>
    ClusterSilo,

    /// <summary>A client of a cluster: at the silos, whose settings decide.</summary>
    ClusterClient,
}

namespace Orleans.Kpl;

/// <summary>Where the durable backlog of the process lies that options are for.</summary>
public enum BacklogPlace
{
    /// <summary>In <see cref="BacklogOptions.Directory"/>, where that is set: an embedded producer.</summary>
    Directory = 0,

    /// <summary>The same, for a silo, which could have a table: one with <see cref="ClusterMembership.Localhost"/>.</summary>
    SiloDirectory,

    /// <summary>In a DynamoDB table: a silo with <see cref="ClusterMembership.DynamoDb"/>.</summary>
    Table,

    /// <summary>At the silos, whose settings tell: a client of a cluster.</summary>
    Tier,
}

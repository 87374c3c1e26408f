namespace Orleans.Kpl;

/// <summary>What happens to a record when the memory limit is reached.</summary>
public enum HighWaterMode
{
    /// <summary>The caller waits. The default.</summary>
    Block = 0,

    /// <summary>The record fails at once with code <c>Dropped</c>.</summary>
    Drop,

    /// <summary>
    /// The caller waits for a moment. While memory stays scarce, records go to the durable backlog and are delivered from there,
    /// without operator action. Needs the backlog: <see cref="BacklogOptions.Directory"/>, or silos with
    /// <see cref="ClusterMembership.DynamoDb"/>.
    /// </summary>
    Spill,
}

namespace Orleans.Kpl;

/// <summary>Where the durable backlog of a process lies, and how it is written: section <c>Kpl:Backlog</c>.</summary>
public sealed class BacklogOptions
{
    /// <summary>
    /// The folder of an embedded producer's backlog, or of a silo's with <see cref="ClusterMembership.Localhost"/>; made where it is not there. One
    /// process at a time may have it. Silos with <see cref="ClusterMembership.DynamoDb"/> have a table instead. Default null: no backlog.
    /// </summary>
    public string? Directory { get; set; }

    /// <summary>Whether what is written to <see cref="Directory"/> is on the disk before it counts. Default Always.</summary>
    public BacklogSync Sync { get; set; } = BacklogSync.Always;

    /// <summary>How long the first record of a segment waits for company while no other segment is being written. Default 5 ms; 0 to 1 s.</summary>
    public TimeSpan CommitDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// The price of a million DynamoDB write units in US dollars, for the metric of what the backlog costs. Default 0.625 (AWS: on-demand
    /// capacity in us-east-1); 0 to 1,000.
    /// </summary>
    public double WriteUnitPrice { get; set; } = 0.625;

    /// <summary>A copy that can be changed without touching this one.</summary>
    public BacklogOptions Clone() => (BacklogOptions)MemberwiseClone();
}

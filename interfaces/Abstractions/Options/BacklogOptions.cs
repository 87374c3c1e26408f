namespace Orleans.Kpl;

/// <summary>The place of a process' durable backlog, and how it is written: section <c>Kpl:Backlog</c>.</summary>
public sealed class BacklogOptions
{
    /// <summary>
    /// The folder of the backlog of an embedded producer, or of a silo with <see cref="ClusterMembership.Localhost"/>; created if missing. Only one process
    /// at a time may use it. Silos with <see cref="ClusterMembership.DynamoDb"/> use a table instead. Default null: no backlog.
    /// </summary>
    public string? Directory { get; set; }

    /// <summary>Whether data written to <see cref="Directory"/> must be on the disk before it counts as durable. Default Always.</summary>
    public BacklogSync Sync { get; set; } = BacklogSync.Always;

    /// <summary>How long the first record of a segment waits for further records while no other segment is being written. Default 5 ms; 0 to 1 s.</summary>
    public TimeSpan CommitDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// The price of a million DynamoDB write units in US dollars, for the metric of the backlog's cost. Default 0.625 (AWS: on-demand
    /// capacity in us-east-1); 0 to 1,000.
    /// </summary>
    public double WriteUnitPrice { get; set; } = 0.625;

    /// <summary>Returns an independent copy of these options.</summary>
    public BacklogOptions Clone() => (BacklogOptions)MemberwiseClone();
}

/// <summary>When data written to the backlog's folder counts as durable.</summary>
public enum BacklogSync
{
    /// <summary>When it is on the disk: it survives a loss of power. The default.</summary>
    Always = 0,

    /// <summary>When the operating system has it: it survives the end of the process, but not of the machine.</summary>
    Never,
}

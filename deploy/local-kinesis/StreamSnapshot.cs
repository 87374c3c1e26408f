namespace Orleans.Kpl.LocalKinesis;

/// <summary>A stream at one instant.</summary>
public sealed record StreamSnapshot
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its ARN: account 000000000000, region us-east-1.</summary>
    public required string Arn { get; init; }

    /// <summary>Its state.</summary>
    public required StreamStatus Status { get; init; }

    /// <summary>The capacity mode: it says who decides on its shards.</summary>
    public required StreamMode Mode { get; init; }

    /// <summary>When it was created. With the name it identifies the stream: one that is created again is another one.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The largest record it takes, data and key.</summary>
    public required int MaxRecordBytes { get; init; }

    /// <summary>Consumers that are registered for enhanced fan-out, whatever state they are in.</summary>
    public required int ConsumerCount { get; init; }

    /// <summary>Every shard it ever had, by index.</summary>
    public required IReadOnlyList<ShardSnapshot> Shards { get; init; }
}

/// <summary>A shard at one instant.</summary>
public sealed record ShardSnapshot
{
    /// <summary>shardId- and twelve digits.</summary>
    public required string ShardId { get; init; }

    /// <summary>The first hash key of its range.</summary>
    public required UInt128 StartingHashKey { get; init; }

    /// <summary>The last hash key of its range.</summary>
    public required UInt128 EndingHashKey { get; init; }

    /// <summary>The shard it was split from, or the first of the two it was merged from.</summary>
    public string? ParentShardId { get; init; }

    /// <summary>The second of the two it was merged from.</summary>
    public string? AdjacentParentShardId { get; init; }

    /// <summary>Whether it takes records.</summary>
    public required bool IsOpen { get; init; }

    /// <summary>The sequence number at which it starts, below that of every record.</summary>
    public required string StartingSequenceNumber { get; init; }

    /// <summary>The sequence number at which a closed shard ends, above that of every record; null while it is open.</summary>
    public string? EndingSequenceNumber { get; init; }

    /// <summary>Records it ever took.</summary>
    public required long AppliedRecords { get; init; }

    /// <summary>Data and key bytes it ever took.</summary>
    public required long AppliedBytes { get; init; }

    /// <summary>Records that can still be read.</summary>
    public required long RetainedRecords { get; init; }

    /// <summary>Records it refused because they were over its limits.</summary>
    public required long ThrottledRecords { get; init; }
}

/// <summary>The capacity mode of a stream: it says who decides how many shards it has.</summary>
public enum StreamMode
{
    /// <summary>PROVISIONED: its owner.</summary>
    Provisioned,

    /// <summary>ON_DEMAND: the service; split and merge calls are refused.</summary>
    OnDemand,
}

/// <summary>The state a stream is in.</summary>
public enum StreamStatus
{
    /// <summary>CREATING: known, but nothing can be put or read yet.</summary>
    Creating,

    /// <summary>ACTIVE.</summary>
    Active,

    /// <summary>UPDATING: puts and reads go on, further changes are refused.</summary>
    Updating,

    /// <summary>DELETING: puts are still accepted, but nothing will come of them.</summary>
    Deleting,

    /// <summary>Gone; only the account still knows it.</summary>
    Deleted,
}

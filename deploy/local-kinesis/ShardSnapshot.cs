namespace Orleans.Kpl.LocalKinesis;

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

    /// <summary>Below every record's.</summary>
    public required string StartingSequenceNumber { get; init; }

    /// <summary>Of a closed shard: above every record's.</summary>
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

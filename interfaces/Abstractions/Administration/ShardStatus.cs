namespace Orleans.Kpl;

/// <summary>One open shard, and the load that its owner observes.</summary>
public sealed record ShardStatus
{
    /// <summary>Kinesis' id of the shard.</summary>
    public required string ShardId { get; init; }

    /// <summary>The lowest hash key of the shard.</summary>
    public UInt128 StartingHashKey { get; init; }

    /// <summary>The highest hash key of the shard.</summary>
    public UInt128 EndingHashKey { get; init; }

    /// <summary><c>open</c>; or <c>splitting</c> or <c>merging</c> while an operation of this library is about to close the shard.</summary>
    public string State { get; init; } = "open";

    /// <summary>The silo that sends for the shard; null for an embedded producer, and while the shard has no owner.</summary>
    public string? OwnerSilo { get; init; }

    /// <summary>The demand in user records per second, sent or not.</summary>
    public double UserRecordsPerSecond { get; init; }

    /// <summary>The demand in Kinesis records per second, sent or not.</summary>
    public double RecordsPerSecond { get; init; }

    /// <summary>The demand in bytes per second, partition keys included.</summary>
    public double BytesPerSecond { get; init; }

    /// <summary>The demand as a share of the shard's limit for records or bytes, whichever is scarcer. Above 1 the shard cannot keep up.</summary>
    public double Utilisation { get; init; }

    /// <summary>Kinesis records delivered in the last complete minute.</summary>
    public long Delivered { get; init; }

    /// <summary>The bytes of these records, partition keys included.</summary>
    public long DeliveredBytes { get; init; }

    /// <summary>Attempts that Kinesis throttled in the last complete minute.</summary>
    public long Throttled { get; init; }

    /// <summary>Records that wait for this shard in the durable backlog.</summary>
    public long Backlog { get; init; }

    /// <summary>The shard's heaviest hash keys, heaviest first.</summary>
    public IReadOnlyList<HotKeyStatus> HotKeys { get; init; } = [];
}

/// <summary>A hash key that carries much of a shard's load: in practice one partition key, which no split can divide.</summary>
public sealed record HotKeyStatus
{
    /// <summary>The hash key.</summary>
    public required UInt128 HashKey { get; init; }

    /// <summary>The minimum share of the shard's bytes that the key carries, 0 to 1.</summary>
    public double Share { get; init; }

    /// <summary>The partition key if <c>LogKeys</c> is on; null otherwise.</summary>
    public string? PartitionKey { get; init; }
}

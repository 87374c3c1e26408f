namespace Orleans.Kpl;

/// <summary>One open shard and what its owner sees of it.</summary>
public sealed record ShardStatus
{
    /// <summary>Kinesis' id of the shard.</summary>
    public required string ShardId { get; init; }

    /// <summary>The lowest hash key that it owns.</summary>
    public UInt128 StartingHashKey { get; init; }

    /// <summary>The highest hash key that it owns.</summary>
    public UInt128 EndingHashKey { get; init; }

    /// <summary><c>open</c>; <c>splitting</c> or <c>merging</c> while an operation of ours is about to close it.</summary>
    public string State { get; init; } = "open";

    /// <summary>The silo that sends for it; null for an embedded producer, and while no silo does.</summary>
    public string? OwnerSilo { get; init; }

    /// <summary>User records that wanted to be sent, a second.</summary>
    public double UserRecordsPerSecond { get; init; }

    /// <summary>Kinesis records that wanted to be sent, a second.</summary>
    public double RecordsPerSecond { get; init; }

    /// <summary>Their bytes, partition keys included, a second.</summary>
    public double BytesPerSecond { get; init; }

    /// <summary>That demand as a share of what the shard takes, by the scarcer of records and bytes. Above 1 it cannot keep up.</summary>
    public double Utilisation { get; init; }

    /// <summary>Kinesis records that Kinesis took in the last complete minute.</summary>
    public long Delivered { get; init; }

    /// <summary>Their bytes, partition keys included.</summary>
    public long DeliveredBytes { get; init; }

    /// <summary>Tries that Kinesis throttled in the last complete minute.</summary>
    public long Throttled { get; init; }

    /// <summary>Records that wait for it in the durable backlog.</summary>
    public long Backlog { get; init; }

    /// <summary>Its heaviest keys, heaviest first.</summary>
    public IReadOnlyList<HotKeyStatus> HotKeys { get; init; } = [];
}

/// <summary>A hash key that carries much of a shard's load: in practice one partition key, which no split can take apart.</summary>
public sealed record HotKeyStatus
{
    /// <summary>The hash key.</summary>
    public required UInt128 HashKey { get; init; }

    /// <summary>What it carries at least of the shard's bytes, 0 to 1.</summary>
    public double Share { get; init; }

    /// <summary>The partition key, where <c>LogKeys</c> is on; null otherwise.</summary>
    public string? PartitionKey { get; init; }
}

namespace Orleans.Kpl;

/// <summary>One shard and its range of hash keys, both ends included.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.StreamShard")]
public sealed record StreamShard
{
    /// <summary>Kinesis' id of the shard.</summary>
    [Id(0)]
    public required string ShardId { get; init; }

    /// <summary>The lowest hash key.</summary>
    [Id(1)]
    public UInt128 StartingHashKey { get; init; }

    /// <summary>The highest hash key.</summary>
    [Id(2)]
    public UInt128 EndingHashKey { get; init; }

    /// <summary>
    /// The lowest sequence number in the shard; null if Kinesis did not return it. After a stream was recreated, its shards have
    /// higher ones.
    /// </summary>
    [Id(3)]
    public string? StartingSequenceNumber { get; init; }
}

namespace Orleans.Kpl;

/// <summary>One shard and the hash keys it owns, both ends included.</summary>
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

    /// <summary>The lowest sequence number of a record in it; null where Kinesis did not say. Shards of a stream that was made again have later ones.</summary>
    [Id(3)]
    public string? StartingSequenceNumber { get; init; }
}

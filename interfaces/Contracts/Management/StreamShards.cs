using System.Collections.Immutable;

namespace Orleans.Kpl;

/// <summary>The open shards of a stream.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.StreamShards")]
public sealed record StreamShards
{
    /// <summary>The stream under its one name in the tier.</summary>
    [Id(0)] public required string Stream { get; init; }

    /// <summary>Not used; messages keep their fields.</summary>
    [Id(1)] internal MapVersion Version { get; init; }

    /// <summary>When the listing was read from Kinesis.</summary>
    [Id(2)] public DateTimeOffset ReadAt { get; init; }

    /// <summary>The shards in the order of their hash keys.</summary>
    [Id(3)] public required ImmutableArray<StreamShard> Shards { get; init; }
}

/// <summary>One shard and its range of hash keys, both ends included.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.StreamShard")]
public sealed record StreamShard
{
    /// <summary>Kinesis' id of the shard.</summary>
    [Id(0)] public required string ShardId { get; init; }

    /// <summary>The lowest hash key.</summary>
    [Id(1)] public UInt128 StartingHashKey { get; init; }

    /// <summary>The highest hash key.</summary>
    [Id(2)] public UInt128 EndingHashKey { get; init; }

    /// <summary>
    /// The lowest sequence number in the shard; null if Kinesis did not return it. After a stream was recreated, its shards have
    /// higher ones.
    /// </summary>
    [Id(3)] public string? StartingSequenceNumber { get; init; }
}

/// <summary>Not used: it was to order the listings of a stream's shards, and nobody compares them. Messages keep their fields.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.MapVersion")]
internal readonly record struct MapVersion([property: Id(0)] DateTimeOffset StreamCreatedAt, [property: Id(1)] long Epoch, [property: Id(2)] long Number);

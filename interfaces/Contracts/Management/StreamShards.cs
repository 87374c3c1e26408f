using System.Collections.Immutable;

namespace Orleans.Kpl;

/// <summary>The open shards of a stream.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.StreamShards")]
public sealed record StreamShards
{
    /// <summary>The stream under its one name in the tier.</summary>
    [Id(0)] public required string Stream { get; init; }

    /// <summary>The version of this listing; a later listing has a greater one.</summary>
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

/// <summary>
/// Orders the listings of a stream's shards by age. The order holds even if two managers of the stream existed for a moment, or the
/// stream was deleted and created again.
/// </summary>
/// <param name="StreamCreatedAt">When the stream was created: a different time means a different stream. Compared first.</param>
/// <param name="Epoch">When the manager's activation that read the listing began, by the clock of its silo. Compared second.</param>
/// <param name="Number">The number of the listing within that activation, from 1. Compared last.</param>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.MapVersion")]
internal readonly record struct MapVersion(
    [property: Id(0)] DateTimeOffset StreamCreatedAt, [property: Id(1)] long Epoch, [property: Id(2)] long Number) : IComparable<MapVersion>
{
    /// <summary>Whether the left version is older.</summary>
    public static bool operator <(MapVersion left, MapVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version is newer.</summary>
    public static bool operator >(MapVersion left, MapVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version is not newer.</summary>
    public static bool operator <=(MapVersion left, MapVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left version is not older.</summary>
    public static bool operator >=(MapVersion left, MapVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc />
    public int CompareTo(MapVersion other) => (StreamCreatedAt, Epoch, Number).CompareTo((other.StreamCreatedAt, other.Epoch, other.Number));
}

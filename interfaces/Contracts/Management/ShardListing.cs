using System.Collections.Immutable;

namespace Orleans.Kpl.Management;

/// <summary>A listing of shards, or the error of the attempt to read it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.ShardListing")]
internal sealed record ShardListing
{
    /// <summary>The version of the listing.</summary>
    [Id(0)]
    public MapVersion Version { get; init; }

    /// <summary>The shards in the order of their hash keys; empty if there is an error.</summary>
    [Id(1)]
    public ImmutableArray<StreamShard> Shards { get; init; } = [];

    /// <summary>The error; null on success.</summary>
    [Id(2)]
    public KinesisError? Error { get; init; }
}

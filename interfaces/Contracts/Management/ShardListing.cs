using System.Collections.Immutable;

namespace Orleans.Kpl.Management;

/// <summary>A listing of shards, or the error that came in its place.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.ShardListing")]
internal sealed record ShardListing
{
    /// <summary>Which listing it is.</summary>
    [Id(0)]
    public MapVersion Version { get; init; }

    /// <summary>The shards in the order of their hash keys; empty with an error.</summary>
    [Id(1)]
    public ImmutableArray<StreamShard> Shards { get; init; } = [];

    /// <summary>What failed; null when nothing did.</summary>
    [Id(2)]
    public KinesisError? Error { get; init; }
}

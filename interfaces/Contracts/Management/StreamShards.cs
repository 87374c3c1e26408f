using System.Collections.Immutable;

namespace Orleans.Kpl;

/// <summary>The open shards of a stream.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.StreamShards")]
public sealed record StreamShards
{
    /// <summary>The stream under its one name in the tier.</summary>
    [Id(0)]
    public required string Stream { get; init; }

    /// <summary>The version of this listing; a later listing has a greater one.</summary>
    [Id(1)]
    internal MapVersion Version { get; init; }

    /// <summary>When the listing was read from Kinesis.</summary>
    [Id(2)]
    public DateTimeOffset ReadAt { get; init; }

    /// <summary>The shards in the order of their hash keys.</summary>
    [Id(3)]
    public required ImmutableArray<StreamShard> Shards { get; init; }
}

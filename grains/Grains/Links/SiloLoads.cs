using System.Collections.Immutable;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Grains.Links;

/// <summary>The loads that one silo measured on the shards that it owns.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.SiloLoads")]
internal sealed class SiloLoads
{
    [Id(0)]
    public ImmutableArray<SiloShardLoad> Shards { get; init; } = [];

    public static SiloLoads Of(IEnumerable<(string ShardId, ShardLoadReport? Report)> reports) =>
        new() { Shards = [.. reports.Select(static r => SiloShardLoad.Of(r.ShardId, r.Report))] };
}

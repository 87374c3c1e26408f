using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orleans.Kpl.Grains.Shards;

/// <summary>Places shards at their homes: see <see cref="ShardHomes"/>.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("Orleans.Kpl.ShardPlacement")]
internal sealed class ShardPlacement : PlacementStrategy;

/// <summary>Places a grain as <see cref="ShardPlacement"/> says.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());

/// <summary>
/// Places shards at their homes. Orleans' own placement goes by the load of a moment ago, so that a thousand shards that start together
/// would land on few silos; and other silos could not compute where a shard will be.
/// </summary>
internal sealed class ShardPlacementDirector(SiloNode node) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        // No hint of Orleans is used: a shard that moves is placed after it has closed, and the silo chosen when the move began may be leaving
        // by then. Its former silo places it, and knows where it was to go.
        var owner = node.Homes.PlaceOf(ShardKey.Parse(target.GrainIdentity.Key.ToString()!), [.. compatible.Select(static s => s.ToId())]);
        return Task.FromResult(owner?.ToAddress() ?? compatible[0]);
    }
}

using Orleans.Kpl.Grains.Membership;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orleans.Kpl.Grains.Shards;

/// <summary>Shards are spread over the silos by rendezvous hash: see <see cref="LiveSilos.OwnerOf"/>.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("Orleans.Kpl.ShardPlacement")]
internal sealed class ShardPlacement : PlacementStrategy;

/// <summary>Places a grain as <see cref="ShardPlacement"/> says.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());

/// <summary>
/// Orleans' own placement spreads by load as it was a moment ago, so that a thousand shards that start together land in a clump;
/// and nobody else could tell where a shard will be.
/// </summary>
internal sealed class ShardPlacementDirector(LiveSilos silos) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        // No hint is asked for: a shard that moves is placed when it has closed, and who was its owner when it began to may be leaving by then.
        return Task.FromResult(silos.OwnerOf(target.GrainIdentity.Key.ToString()!, compatible) ?? compatible[0]);
    }
}

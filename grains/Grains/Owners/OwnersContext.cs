using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>What the owners of every stream are reached through from this silo.</summary>
/// <param name="Grains">Says who owns a shard.</param>
/// <param name="Links">The way to the other silos.</param>
/// <param name="Silos">The silos there are.</param>
/// <param name="Hosted">The shards that this silo serves.</param>
/// <param name="Logger">Hears of silos and owners that do not answer.</param>
internal sealed record OwnersContext(IGrainFactory Grains, SiloLinks Links, LiveSilos Silos, HostedShards Hosted, ILogger Logger);

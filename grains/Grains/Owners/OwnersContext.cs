using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>The services through which this silo reaches the owners of every stream.</summary>
/// <param name="Grains">Locates the owner of a shard.</param>
/// <param name="Links">The links to the other silos.</param>
/// <param name="Silos">The silos there are.</param>
/// <param name="Hosted">The shards that this silo serves.</param>
/// <param name="Logger">Logs silos and owners that do not answer.</param>
internal sealed record OwnersContext(IGrainFactory Grains, SiloLinks Links, LiveSilos Silos, HostedShards Hosted, ILogger Logger);

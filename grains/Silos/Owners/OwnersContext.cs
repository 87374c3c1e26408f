using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>The services through which this silo reaches the owners of every stream.</summary>
/// <param name="Shards">Locates the owner of a shard.</param>
/// <param name="Links">The links to the other silos.</param>
/// <param name="Hosted">The shards that this silo serves.</param>
/// <param name="Memory">What is remembered of the links while a stream is closed.</param>
/// <param name="Logger">Logs silos and owners that do not answer.</param>
internal sealed record OwnersContext(IShardDirectory Shards, ISiloLinks Links, LiveSilos Silos, HostedShards Hosted, LinkMemory Memory, ILogger Logger);

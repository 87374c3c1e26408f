using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Leases;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Shards;

/// <summary>What the owners of all shards of a silo share.</summary>
/// <param name="Producer">Has the pipelines of the streams.</param>
/// <param name="Hosted">The shards that this silo serves.</param>
/// <param name="Epochs">Numbers the owners of ordered shards.</param>
/// <param name="Parents">Waits for the owners of parent shards.</param>
/// <param name="Time">The clock and the timers.</param>
/// <param name="Logger">Tells which shards are served here.</param>
internal sealed record ShardServices(
    ClusterProducer Producer, LiveSilos Silos, HostedShards Hosted, ShardEpochs Epochs, ParentEpochs Parents, TimeProvider Time, ILogger Logger);

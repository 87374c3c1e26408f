using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Grains.Shards;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Receiving;

/// <summary>The silo's service for all links; it hands its work to the thread pool, so that calls do not wait for each other.</summary>
internal sealed class SiloLinkService(
    GrainId grainId, Silo silo, ILoggerFactory loggers, LinkReceiver receiver, ClusterProducer producer, LiveSilos silos, ShardMover mover,
    BacklogTakeover? takeover = null)
    : GrainService(grainId, silo, loggers), ISiloLink
{
    public Task<bool> TakeRecords(RecordsFrame frame) => Task.Run(() => receiver.TryTake(frame));

    public Task TakeOutcomes(OutcomesFrame frame) => Task.Run(() => receiver.Take(frame));

    public Task Expedite(string stream) => Task.Run(() => producer.Find(stream)?.MakeAllDue());

    public Task MapChanged(string stream) => Task.Run(() => producer.Find(stream)?.RefreshMap());

    public Task AnnounceBoundaries(string stream, UInt128[] hashKeys) => Task.Run(() => producer.GetStream(stream).AnnounceBoundaries(hashKeys));

    public Task WithdrawBoundaries(string stream, UInt128[] hashKeys) => Task.Run(() => producer.Find(stream)?.WithdrawBoundaries(hashKeys));

    public Task<SiloLoads> GetLoads(string stream) => Task.Run(() => SiloLoads.Of(producer.Find(stream)?.LoadReports() ?? []));

    public Task Leaving(SiloAddress silo) => Task.Run(() =>
    {
        silos.MarkLeaving(silo);
        return mover.ArrivedAsync();
    });

    public Task Moved(SiloAddress silo) => Task.Run(() => producer.StopRoutingToAsync(silo));

    public Task<SiloLedger> GetBooks(string stream) => Task.Run(() => producer.GetBooks(stream));

    public Task BacklogLeft()
    {
        takeover?.LookSoon();
        return Task.CompletedTask;
    }
}

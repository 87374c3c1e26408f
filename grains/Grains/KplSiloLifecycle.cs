using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Draining;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Leases;
using Orleans.Kpl.Grains.Management;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Grains.Receiving;
using Orleans.Kpl.Grains.Shards;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains;

/// <summary>Starts tracking the silos before the first grain starts, and drains before Orleans begins to stop.</summary>
internal sealed class KplSiloLifecycle(
    LiveSilos silos, ClusterProducer producer, LinkReceiver receiver, ShardMover mover, FailureReporter failures, ShardEpochs epochs, ManagerActivator waker,
    ClusterDrain drain, TableOwner tables, BacklogCheck backlog, BacklogTakeover? takeover = null)
    : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Above Active: the last stage to start, and so the first to stop.</summary>
    private const int AfterActive = ServiceLifecycleStage.Active + 100;

    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe("Orleans.Kpl silos", ServiceLifecycleStage.ApplicationServices, StartAsync);
        observer.Subscribe("Orleans.Kpl drain", AfterActive, StartWaking, StopAsync);
    }

    private Task StartWaking(CancellationToken cancellationToken)
    {
        waker.Start();
        takeover?.Start();
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await waker.StopAsync();
        await drain.DrainAsync();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await tables.CheckAsync(cancellationToken);
        await backlog.CheckAsync(cancellationToken);
        silos.Lost += producer.OnLost;
        silos.Lost += receiver.OnLost;
        epochs.Lost = producer.OnLostAsync;
        producer.LeaveBy(drain.DrainAsync);
        mover.Start();
        failures.Start();
        silos.Start();
    }
}

using Orleans.Kpl.Adapters.Checking;
using Orleans.Kpl.Silos;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains;

/// <summary>Starts tracking the silos before the first grain starts, and drains before Orleans begins to stop.</summary>
internal sealed class KplSiloLifecycle(SiloNode node) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Above Active: the last stage to start, and so the first to stop.</summary>
    private const int AfterActive = ServiceLifecycleStage.Active + 100;

    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe("Orleans.Kpl silos", ServiceLifecycleStage.ApplicationServices, node.StartAsync);
        observer.Subscribe("Orleans.Kpl drain", AfterActive, Activate, _ => node.StopAsync());
    }

    private Task Activate(CancellationToken cancellationToken)
    {
        node.Activate();
        return Task.CompletedTask;
    }
}

/// <summary>Checks the way to Kinesis before anything else of the silo starts: one that fails the start has not joined its cluster.</summary>
internal sealed class StartCheckLifecycle(StartupCheck check) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe("Orleans.Kpl check", ServiceLifecycleStage.First, check.StartAsync, async _ => await check.DisposeAsync());
}

using Orleans.Kpl.Adapters.Checking;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains;

/// <summary>Checks the way to Kinesis before anything else of the silo starts: one that fails the start has not joined its cluster.</summary>
internal sealed class StartCheckLifecycle(StartupCheck check) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe("Orleans.Kpl check", ServiceLifecycleStage.First, check.StartAsync, async _ => await check.DisposeAsync());
}

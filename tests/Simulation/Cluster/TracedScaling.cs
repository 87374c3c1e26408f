using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>Writes what happens to shards into the trace.</summary>
internal sealed class TracedScaling(World world, SimulatedProcess process) : IAdminEvents
{
    public void OperationRuns(string stream, string operationId, string reason) => Say($"operation {operationId} runs: {reason}");

    public void OperationEnded(string stream, string operationId, OperationState state, string reason) => Say($"operation {operationId} ended, {state}: {reason}");

    public void OperationTaken(string stream, string operationId) => Say($"operation {operationId} is another's");

    public void Troubled(string stream, string doing, Exception error) => Say($"{doing} failed: {error.Message}");

    public void Decided(string stream, string decision) => Say(decision);

    private void Say(string what)
    {
        if (world.IsTracing)
            world.Say(process.Name, what);
    }
}

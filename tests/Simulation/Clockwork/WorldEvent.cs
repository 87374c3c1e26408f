namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>Something that is going to happen.</summary>
/// <param name="what">What happens.</param>
/// <param name="process">Where; null where no process is needed for it.</param>
internal sealed class WorldEvent(Action what, SimulatedProcess? process)
{
    public Action What => what;

    public SimulatedProcess? Process => process;

    public bool IsCancelled { get; set; }
}

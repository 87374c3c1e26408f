using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>
/// The meters of a world. .NET keeps each meter, and all that its instruments observe, until it is disposed; a simulated process that is killed disposes
/// none. They go with the world.
/// </summary>
internal sealed class WorldMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(static m => m.Dispose());
}

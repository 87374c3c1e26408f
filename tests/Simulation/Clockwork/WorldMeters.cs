using Orleans.Kpl.Simulation.Judging;

namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>
/// The meters of all that runs in a world, and what they tell of the terms of ledgers. They end with it: a meter that is not disposed stays with the runtime,
/// and so does what its gauges read.
/// </summary>
internal sealed class WorldMeters : IDisposable
{
    private readonly List<CountedTerms> _counted = [];

    /// <summary>Makes the meter of one more process, which may be lost without ending it.</summary>
    public CountedTerms Add()
    {
        var counted = new CountedTerms();
        _counted.Add(counted);
        return counted;
    }

    /// <inheritdoc />
    public void Dispose() => _counted.ForEach(static c => c.Dispose());
}

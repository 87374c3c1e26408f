using Orleans.Kpl.Pipeline.Scaling.Planning;

namespace Orleans.Kpl.Pipeline.Tests.Scaling.Simulated;

/// <summary>Something that scales a stream; asked once a minute.</summary>
internal interface IScaler
{
    /// <summary>The reshard to begin now; null for none.</summary>
    ReshardPlan? Decide(SimulatedStream stream);

    /// <summary>What was begun has ended.</summary>
    void Ended(SimulatedStream stream);
}

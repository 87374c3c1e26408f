using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>Something that scales a stream; asked once a minute.</summary>
internal interface IScaler
{
    /// <summary>The reshard to begin now; null for none.</summary>
    ReshardPlan? Decide(SimulatedStream stream);

    /// <summary>What was begun has ended.</summary>
    void Ended(SimulatedStream stream);
}

using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>How a history ended.</summary>
/// <param name="Plan">What was carried out.</param>
/// <param name="Violation">What was found wrong first; null for nothing.</param>
/// <param name="Records">Records that callers put.</param>
/// <param name="Ticks">Simulated time.</param>
/// <param name="Steps">Events that happened.</param>
/// <param name="Spins">Whether its work never comes to rest: then no other history can run in this process.</param>
internal sealed record HistoryEnd(Plan Plan, string? Violation, int Records, long Ticks, long Steps, bool Spins = false)
{
    /// <summary>What is allowed, and therefore counted.</summary>
    public HistoryCounts Counts { get; init; } = new();

    public bool HasFailed => Violation is not null;
}

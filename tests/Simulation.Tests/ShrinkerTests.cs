using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Tests;

public sealed class ShrinkerTests
{
    [Theory]
    [InlineData(7, new[] { 2, 5 })]
    [InlineData(7, new[] { 6 })]
    [InlineData(1, new[] { 0 })]
    [InlineData(8, new int[0])]
    public void Shrink_WhereSomeFaultsAreNeeded_KeepsThoseAndNoOther(int faults, int[] needed)
    {
        var plan = PlanDice.Draw(1) with
        {
            Faults = [.. Enumerable.Range(0, faults).Select(static i => new Fault(i, FaultKind.Freeze, TimeSpan.Zero, TimeSpan.Zero, 0, 0, 0))],
        };

        var smallest = Shrinker.Shrink(Run(plan), Run);

        Assert.True(smallest.HasFailed);
        Assert.Equal(needed, smallest.Plan.Faults.Select(static f => f.Id));

        HistoryEnd Run(Plan p) => new(p, Array.TrueForAll(needed, n => p.Faults.Any(f => f.Id == n)) ? "wrong" : null, 0, 0, 0);
    }
}

using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>Histories that failed once.</summary>
public sealed class RegressionSeedTests
{
    [Theory]
    [InlineData(243, "two silos passed records back and forth until each was full of the other's")]
    [InlineData(356, "records that silos held for each other never ended")]
    [InlineData(581, "a record that was forwarded ended long after its time-to-live")]
    public async Task Seed_ThatFailedOnce_Holds(int seed, string because)
    {
        var run = await SimulatorRun.StartAsync("--seed", seed.ToString(CultureInfo.InvariantCulture));

        Assert.True(run.ExitCode == 0, $"{because}: {run.Output}");
    }
}

using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>Histories that failed once.</summary>
public sealed class RegressionSeedTests
{
    [Theory]
    [InlineData(8, "a producer that was stopped with more than one call's worth waiting turned in circles")]
    public async Task Seed_ThatFailedOnce_Holds(int seed, string because)
    {
        var run = await SimulatorRun.StartAsync("--seed", seed.ToString(CultureInfo.InvariantCulture));

        Assert.True(run.ExitCode == 0, $"{because}: {run.Output}");
    }
}

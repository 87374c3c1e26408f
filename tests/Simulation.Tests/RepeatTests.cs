using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>A history is told by its number alone.</summary>
public sealed class RepeatTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(272)]
    [InlineData(337)]
    [InlineData(620)]
    public async Task Seed_InTwoProcesses_GivesOneTrace(int seed)
    {
        string[] arguments = ["--seed", seed.ToString(CultureInfo.InvariantCulture), "--trace"];
        var runs = await Task.WhenAll(SimulatorRun.StartAsync(arguments), SimulatorRun.StartAsync(arguments));

        Assert.True(runs[0].Output.Split('\n').Length > 20, runs[0].Output);
        Assert.Equal(runs[0].Output, runs[1].Output);
    }

    /// <summary>Nothing of a history is left for the next one in its process.</summary>
    [Fact]
    public async Task Seed_AfterOthers_EndsAsAlone()
    {
        var many = await SimulatorRun.StartAsync("--first", "1", "--histories", "12", "--seconds", "600", "--all", "--known");
        var alone = await SimulatorRun.StartAsync("--seed", "12");

        Assert.Contains(alone.Output.Trim(), many.Output, StringComparison.Ordinal);
    }
}

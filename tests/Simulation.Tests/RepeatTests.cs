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

    /// <summary>The product's log armed timers only where somebody read it: what was traced was another history than the one that had failed.</summary>
    [Theory]
    [InlineData(5976)]
    [InlineData(1109)]
    public async Task Seed_Traced_IsTheHistoryThatIsToldWithoutATrace(int seed)
    {
        string[] arguments = ["--seed", seed.ToString(CultureInfo.InvariantCulture)];
        var (silent, traced) = (await SimulatorRun.StartAsync(arguments), await SimulatorRun.StartAsync([.. arguments, "--trace"]));

        Assert.Contains(silent.Output.Trim(), traced.Output, StringComparison.Ordinal);
    }

    /// <summary>Nothing of a history is left for the next one in its process.</summary>
    [Fact]
    public async Task Seed_AfterOthers_EndsAsAlone()
    {
        var many = await SimulatorRun.StartAsync("--first", "1", "--histories", "12", "--seconds", "600", "--all");
        var alone = await SimulatorRun.StartAsync("--seed", "12");

        Assert.Contains(alone.Output.Trim(), many.Output, StringComparison.Ordinal);
    }
}

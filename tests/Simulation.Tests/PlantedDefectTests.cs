namespace Orleans.Kpl.Simulation.Tests;

/// <summary>A simulator that finds nothing proves nothing: a defect of each kind is put in, and found.</summary>
public sealed class PlantedDefectTests
{
    [Theory]
    [InlineData("LosesRecords", "where no consumer sees it")]
    [InlineData("DoublesOutcomes", "has 2 outcomes")]
    [InlineData("Reorders", "is first seen before")]
    [InlineData("Hangs", "has not ended")]
    [InlineData("TakesTooMuchMemory", "bytes and")]
    [InlineData("StoresTwice", "times, and its producers were told so")]
    [InlineData("SendsAgainAsNew", "and has not ended")]
    [InlineData("LosesMetrics", "0 put")]
    public async Task Defect_ThatWasPlanted_IsFound(string defect, string expected)
    {
        var run = await SimulatorRun.StartAsync("--plant", defect, "--first", "1", "--histories", "150", "--seconds", "600", "--json");

        Assert.Equal(1, run.ExitCode);
        Assert.NotEmpty(run.FailedSeeds);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_ThatFails_IsMadeSmaller()
    {
        var failed = (await SimulatorRun.StartAsync("--plant", "LosesRecords", "--first", "1", "--histories", "60", "--seconds", "600", "--json")).FailedSeeds;
        var run = await SimulatorRun.StartAsync("--plant", "LosesRecords", "--seed", failed[0].ToString(System.Globalization.CultureInfo.InvariantCulture), "--shrink");

        // No fault is needed for what is planted.
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--keep none --plant LosesRecords", run.Output, StringComparison.Ordinal);
    }
}

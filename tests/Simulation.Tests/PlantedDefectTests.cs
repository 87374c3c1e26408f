using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>A simulator that finds nothing proves nothing: a defect of each kind is put in, and found.</summary>
public sealed class PlantedDefectTests
{
    private const int MostHistories = 150;
    private const int OfAStretch = 5;
    private const int WhereCallersAskForAll = 1_071_000_000;

    [Theory]
    [InlineData("LosesRecords", "where no consumer sees it")]
    [InlineData("DoublesOutcomes", "has 2 outcomes")]
    [InlineData("Reorders", "is first seen before")]
    [InlineData("Hangs", "has not ended")]
    [InlineData("TakesTooMuchMemory", "bytes and")]
    [InlineData("StoresTwice", "times, and its producers were told so")]
    [InlineData("SendsAgainAsNew", "and has not ended")]
    [InlineData("LosesMetrics", "0 put")]
    [InlineData("EndsFlushes", "a flush ended before", WhereCallersAskForAll)]
    [InlineData("LosesFailures", "nor was its failure told", WhereCallersAskForAll)]
    public async Task Defect_ThatWasPlanted_IsFound(string defect, string expected, int after = 0)
    {
        var isFound = false;
        for (var first = 1; !isFound && first <= MostHistories; first += OfAStretch)
        {
            var run = await RunAsync(defect, after + first);
            isFound = run is { ExitCode: 1, FailedSeeds: not [] } && run.Output.Contains(expected, StringComparison.Ordinal);
        }

        Assert.True(isFound, $"{defect} was not found in {MostHistories} histories");
    }

    [Fact]
    public async Task History_ThatFails_IsMadeSmaller()
    {
        var failed = (await RunAsync("LosesRecords", first: 1)).FailedSeeds;
        var run = await SimulatorRun.StartAsync("--plant", "LosesRecords", "--seed", Number(failed[0]), "--shrink");

        // No fault is needed for what is planted.
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--keep none --plant LosesRecords", run.Output, StringComparison.Ordinal);
    }

    private static Task<SimulatorRun> RunAsync(string defect, int first) => SimulatorRun.StartAsync(
        "--plant", defect, "--first", Number(first), "--histories", Number(OfAStretch), "--seconds", "600", "--json");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Text.Json;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>The scale run, in small: restarts, a lost zone and a doubling of the shards.</summary>
public sealed class ScaleTests
{
    [Fact]
    public async Task SmallCluster_ThroughAllOfIt_KeepsItsPromises()
    {
        var run = await SimulatorRun.StartAsync("--scale", "--silos", "4", "--shards", "64", "--ordered", "16", "--minutes", "3", "--json");

        Assert.True(run.ExitCode == 0, run.Output);
        var outcomes = run.Summary.GetProperty("Outcomes");
        Assert.True(Number(outcomes, "Delivered") > 9_000, run.Output);
        Assert.Equal(0, Number(outcomes, "Failed"));
        Assert.Equal(0, Number(run.Summary, "Throttled"));
        // From the loss of two silos of four until others send, the time in which membership notices included.
        Assert.InRange(run.Summary.GetProperty("Takeovers").GetProperty("events").GetProperty("Max").GetDouble(), 1, 15);
        Assert.All(run.Summary.GetProperty("Quotas").EnumerateArray(), static q => Assert.Equal(0, Number(q, "Refused")));
    }

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();
}

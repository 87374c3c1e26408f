using System.Diagnostics;
using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>The rules hold in many histories.</summary>
public sealed class SeedTests(ITestOutputHelper output)
{
    private const int Least = 500;

    /// <summary>Where the second process begins: there clients aim, and callers ask for all that they can.</summary>
    private const int SecondFirst = 1_071_000_000;

    /// <summary>As many as fit into 20 s, 500 on a slow machine too. The order of the seeds is fixed: a faster machine runs more of them.</summary>
    [Fact]
    public Task Histories_OfTwentySeconds_AllHold() => RunAsync(first: 1, seconds: 20);

    [Fact]
    [Trait("Category", "Long")]
    public Task Histories_OfHalfAnHour_AllHold() => RunAsync(first: 1_000_000, seconds: 1_800);

    private async Task RunAsync(int first, int seconds)
    {
        var clock = Stopwatch.StartNew();
        var runs = await Task.WhenAll(RunAsync(first, seconds, 0), RunAsync(first, seconds, SecondFirst));

        var (ran, failed) = (runs.Sum(static r => r.Histories), runs.SelectMany(static r => r.FailedSeeds).ToList());
        output.WriteLine($"{ran} histories in {clock.Elapsed.TotalSeconds:F0} s");
        var replay = $"dotnet run -c Release --project tests/Simulation -- --seed {failed.FirstOrDefault()} --trace";
        Assert.True(failed.Count == 0, $"{replay}\n{string.Concat(runs.Select(static r => r.Output))}");
        Assert.True(ran >= Least, $"{ran} histories, at least {Least}");
    }

    private static Task<SimulatorRun> RunAsync(int first, int seconds, int offset) => SimulatorRun.StartAsync(
        "--first", Number(first + offset), "--least", Number(Least / 2), "--seconds", Number(seconds), "--json");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

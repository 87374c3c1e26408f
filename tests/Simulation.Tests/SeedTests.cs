using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>What must hold in every history, in as many as there is time for.</summary>
public sealed class SeedTests(ITestOutputHelper output)
{
    /// <summary>So many histories must fit, on a machine of two cores that does nothing else.</summary>
    private const int Least = 500;

    /// <summary>Where the second process begins: the first one never gets so far.</summary>
    private const int SecondFirst = 500_000_000;

    [Fact]
    public Task Histories_OfAMinute_AllHold() => RunAsync(first: 1, seconds: 45);

    [Fact]
    [Trait("Category", "Long")]
    public Task Histories_OfHalfAnHour_AllHold() => RunAsync(first: 1_000_000, seconds: 1_800);

    private async Task RunAsync(int first, int seconds)
    {
        var runs = await Task.WhenAll(RunAsync(Number(first), Number(seconds)), RunAsync(Number(SecondFirst + first), Number(seconds)));

        var (histories, failed) = (runs.Sum(static r => r.Histories), runs.SelectMany(static r => r.FailedSeeds).ToList());
        output.WriteLine($"{histories} histories in {seconds} s");
        Assert.True(failed.Count == 0, $"dotnet run -c Release --project tests/Simulation -- --seed {failed.FirstOrDefault()} --trace\n{string.Concat(runs.Select(static r => r.Output))}");
        Assert.True(histories >= Least, $"{histories} histories, at least {Least}");
    }

    private static Task<SimulatorRun> RunAsync(string first, string seconds) => SimulatorRun.StartAsync("--first", first, "--seconds", seconds, "--json");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

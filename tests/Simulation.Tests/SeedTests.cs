using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>What must hold in every history, in as many as there is time for.</summary>
public sealed class SeedTests(ITestOutputHelper output)
{
    /// <summary>So many histories run, however long they take. On two cores that do nothing else they take less than the time given.</summary>
    private const int Least = 500;

    /// <summary>No machine is so slow that this is not enough.</summary>
    private const int MostRounds = 10;

    /// <summary>Where the second process begins: the first one never gets so far.</summary>
    private const int SecondFirst = 500_000_000;

    [Fact]
    public Task Histories_OfAMinute_AllHold() => RunAsync(first: 1, seconds: 45);

    [Fact]
    [Trait("Category", "Long")]
    public Task Histories_OfHalfAnHour_AllHold() => RunAsync(first: 100_000_000, seconds: 1_800);

    private async Task RunAsync(int first, int seconds)
    {
        var histories = 0;
        for (var round = 1; histories < Least; round++)
        {
            Assert.True(round <= MostRounds, $"{histories} histories in {MostRounds} rounds of {seconds} s, at least {Least}");
            // Seeds that no earlier round has come to.
            var from = first + round * 1_000_000;
            var runs = await Task.WhenAll(RunAsync(Number(from), Number(seconds)), RunAsync(Number(SecondFirst + from), Number(seconds)));

            var failed = runs.SelectMany(static r => r.FailedSeeds).ToList();
            Assert.True(failed.Count == 0,
                $"dotnet run -c Release --project tests/Simulation -- --seed {failed.FirstOrDefault()} --trace\n{string.Concat(runs.Select(static r => r.Output))}");
            histories += runs.Sum(static r => r.Histories);
            output.WriteLine($"{histories} histories in {round * seconds} s");
        }
    }

    private static Task<SimulatorRun> RunAsync(string first, string seconds) => SimulatorRun.StartAsync("--first", first, "--seconds", seconds, "--json");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Text.Json;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>One run of the simulator, in a process of its own: its pool must have one thread.</summary>
/// <param name="ExitCode">0 where every history held.</param>
/// <param name="Output">What it wrote.</param>
internal sealed record SimulatorRun(int ExitCode, string Output)
{
    /// <summary>The summary in its last line.</summary>
    public JsonElement Summary => JsonDocument.Parse(Output.TrimEnd().Split('\n')[^1]).RootElement;

    public int Histories => Summary.GetProperty("histories").GetInt32();

    public IReadOnlyList<int> FailedSeeds => [.. Summary.GetProperty("failed_seeds").EnumerateArray().Select(static s => s.GetInt32())];

    public static Task<SimulatorRun> StartAsync(params string[] arguments) =>
        StartOfAsync(Checkout.Built("Orleans.Kpl.Simulation", "Orleans.Kpl.Simulation.dll"), arguments);

    /// <summary>Runs another build of the simulator.</summary>
    public static async Task<SimulatorRun> StartOfAsync(string program, params string[] arguments)
    {
        var (code, output, error) = await ProgramRun.OfAsync("dotnet", [program, .. arguments]);
        // 0 and 1 are its verdicts; a process that was killed, as for want of memory, has none.
        Assert.True(code is 0 or 1, $"the simulator ended with code {code}: {output}{error}");
        return new SimulatorRun(code, output + error);
    }
}

using System.Text.Json;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    /// <param name="longer">How much longer than usual it may take.</param>
    public static Task<ProgramRun> RunAsync(string program, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string,
        string>? environment = null, TimeSpan longer = default) =>
        ProgramRun.OfAsync(program, arguments, input, environment: environment, within: Waiting.Long + longer);

    /// <summary>Runs a program of tests/stand-ins that takes and gives lines of JSON; it must end well.</summary>
    public static async Task<IReadOnlyList<Line>> LinesAsync(string program, IEnumerable<string> arguments, IEnumerable<Line>? input = null)
    {
        var lines = string.Join("", (input ?? []).Select(l => JsonSerializer.Serialize(l, Line.Json) + "\n"));
        var outcome = await RunAsync(program, arguments, lines);
        Assert.True(outcome.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {outcome.ExitCode}: {outcome.Error}");
        return Line.Read(outcome.Output);
    }

    public static Task<IReadOnlyList<Line>> ScriptAsync(string script, IEnumerable<string> arguments, IEnumerable<Line>? input = null) =>
        LinesAsync("node", [Path.Combine(Needs.StandIns, script), .. arguments], input);
}

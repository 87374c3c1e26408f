using System.Diagnostics;
using System.Text.Json;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    public sealed record Outcome(int ExitCode, string Output, string Error);

    public static async Task<Outcome> RunAsync(string program, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string,
        string>? environment = null, TimeSpan longer = default)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(Waiting.Long + longer);
            return new Outcome(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

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

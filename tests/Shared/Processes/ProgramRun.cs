using System.Diagnostics;

namespace Orleans.Kpl.Testing;

/// <summary>A program that was run to its end, and what it wrote.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a program, in this process' folder and environment but for what is said otherwise.</summary>
    /// <param name="within">How long it may take; null for as long as the test.</param>
    public static async Task<ProgramRun> OfAsync(
        string program, IEnumerable<string> arguments, string input = "", string folder = "", IReadOnlyDictionary<string, string>? environment = null,
        TimeSpan? within = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            // It may write before it has read everything.
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(within ?? Timeout.InfiniteTimeSpan);
            return new ProgramRun(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}

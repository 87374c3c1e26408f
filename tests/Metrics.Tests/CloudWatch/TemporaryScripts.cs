using System.Diagnostics;

namespace Orleans.Kpl.Metrics.Tests.CloudWatch;

/// <summary>Runs Python.</summary>
internal sealed class TemporaryScripts : IDisposable
{
    private readonly CancellationTokenSource _limit = new(Waiting.Long);

    /// <summary>Runs a script; where there is no Python its code is -1.</summary>
    public async Task<(int Code, string Output)> RunAsync(string script, params IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("python3", ["-c", script.ReplaceLineEndings("\n"), .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync(_limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(_limit.Token);
            await process.WaitForExitAsync(_limit.Token);
            return (process.ExitCode, process.ExitCode == 0 ? output : await errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "");
        }
    }

    public void Dispose() => _limit.Dispose();
}

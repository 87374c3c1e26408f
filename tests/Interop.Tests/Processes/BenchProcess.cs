using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary><c>kpl bench</c> in a process of its own: an embedded producer that always has something to send, until it is stopped.</summary>
internal sealed partial class BenchProcess
{
    private const int Interrupt = 2;

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private BenchProcess(Process process) =>
        (_process, _output, _error) = (process, process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());

    public static BenchProcess Start(Uri kinesis, string stream)
    {
        var start = new ProcessStartInfo(Needs.Program("Orleans.Kpl.Cli", "kpl")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])
            ["bench", "--stream", stream, "--records", "1000000000", "--size", "1000", "--via", "embedded", "--endpoint", $"{kinesis}", "--json"])
            start.ArgumentList.Add(argument);
        return new BenchProcess(Process.Start(start)!);
    }

    /// <summary>Interrupts it, as Ctrl-C does; what is under way ends first. The number of records that it delivered.</summary>
    public async Task<long> StopAsync()
    {
        using (_process)
        {
            try
            {
                Assert.Equal(0, Kill(_process.Id, Interrupt));
                var result = JsonNode.Parse(await _output.WaitAsync(Waiting.Long))!;
                await _process.WaitForExitAsync().WaitAsync(Waiting.Long);
                Assert.True((long)result["failed"]! == 0, await _error);
                return (long)result["records"]!;
            }
            finally
            {
                if (!_process.HasExited)
                    _process.Kill();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}

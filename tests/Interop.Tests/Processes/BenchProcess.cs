using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary><c>kpl bench</c> in a process of its own: an embedded producer that always has something to send, until it is stopped.</summary>
internal sealed class BenchProcess(ServerProcess process)
{
    public static BenchProcess Start(Uri kinesis, string stream) => new(ServerProcess.Start(
        Checkout.Program("Orleans.Kpl.Cli", "kpl"),
        ["bench", "--stream", stream, "--records", "1000000000", "--size", "1000", "--via", "embedded", "--endpoint", $"{kinesis}", "--json"]));

    /// <summary>Interrupts it, as Ctrl-C does; what is under way ends first. The number of records that it delivered.</summary>
    public async Task<long> StopAsync()
    {
        await using (process)
        {
            process.Signal(Signals.Interrupt);
            var (_, output, log) = await process.ExitAsync().WaitAsync(Waiting.Long);
            var result = JsonNode.Parse(output[^1])!;
            Assert.True((long)result["failed"]! == 0, string.Join('\n', log));
            return (long)result["records"]!;
        }
    }
}

using System.Diagnostics;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>A Kinesis endpoint by others, in a process of its own, which ends with its standard input.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    private const string Ready = "ready ";

    private readonly ServerProcess _process;

    private StandIn(ServerProcess process, string port) => (_process, Url) = (process, new Uri($"http://127.0.0.1:{port}"));

    public Uri Url { get; }

    /// <summary>Starts it; a test on a machine without Node.js or the packages is skipped.</summary>
    /// <param name="script">kinesalite.mjs or kinesis-local.mjs.</param>
    public static async Task<StandIn> StartAsync(string script)
    {
        Needs.NodePackages();
        var process = ServerProcess.Start(new ProcessStartInfo("node", [Path.Combine(Needs.StandIns, script)]) { RedirectStandardInput = true });
        try
        {
            var line = await process.Output.FirstAsync(static l => l.StartsWith(Ready, StringComparison.Ordinal), TestContext.Current.CancellationToken);
            Assert.True(line.Length > 0, $"{script} ended before it was ready: {process.Log}");
            return new StandIn(process, line[Ready.Length..]);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}

using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>A process with an embedded producer and a folder for its backlog; it may be killed, and started again over the same folder.</summary>
internal sealed partial class EmbeddedProcess : IAsyncDisposable
{
    private const string Project = "Orleans.Kpl.Local";

    private readonly ServerProcess _process;

    private EmbeddedProcess(ServerProcess process) => _process = process;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<EmbeddedProcess> StartAsync(KinesisProcess kinesis, string folder, params IEnumerable<string> settings)
    {
        var process = new EmbeddedProcess(ServerProcess.Start(
            Checkout.Built(Project, OperatingSystem.IsWindows() ? Project + ".exe" : Project),
            ["--http-port", "0", "--kinesis-endpoint", kinesis.Url.AbsoluteUri, "--data", folder, .. settings]));
        var ready = Ready().Match(await process._process.Output.FirstAsync(_ => true, TestContext.Current.CancellationToken));
        Assert.True(ready.Success, process._process.Log.ToString());
        process.Http.BaseAddress = new Uri(ready.Groups["http"].Value);
        return process;
    }

    /// <summary>Sends a signal and waits for the end; the last line that it wrote.</summary>
    public async Task<(int Code, string Last)> EndAsync(int signal)
    {
        _process.Signal(signal);
        var (code, output, _) = await _process.ExitAsync();
        return (code, output[^1]);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Http.Dispose();
    }

    [GeneratedRegex("^ready http=(?<http>http://127\\.0\\.0\\.1:[0-9]+) ")]
    private static partial Regex Ready();
}

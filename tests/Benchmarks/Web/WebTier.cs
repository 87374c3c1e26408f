using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>A local tier that sends to the bench's endpoint, as a process of its own.</summary>
internal sealed class WebTier : IAsyncDisposable
{
    private WebTier(BuiltProgram program, string url) => (Program, Url) = (program, url);

    public BuiltProgram Program { get; }

    /// <summary>Where it takes records.</summary>
    public string Url { get; }

    /// <summary>Starts one on a free port, and waits until it is ready.</summary>
    public static async Task<WebTier> StartAsync(int[]? processors, int kinesisPort, string stream, params IEnumerable<string> settings)
    {
        var program = BuiltProgram.Start(processors, "Orleans.Kpl.Local", "Orleans.Kpl.Local",
        [
            "--kinesis-endpoint", $"http://127.0.0.1:{kinesisPort}", "--http-port", "0", "--stream", stream, "--Kpl:RateLimit=1000000000",
            "--Kpl:CheckAtStart=Off", "--Logging:LogLevel:Default=Error", .. settings,
        ]);
        var ready = await program.LineAsync(static l => l.StartsWith("ready ", StringComparison.Ordinal));
        return new WebTier(program, ready.Split(' ').First(static w => w.StartsWith("http=", StringComparison.Ordinal))["http=".Length..]);
    }

    public ValueTask DisposeAsync() => Program.DisposeAsync();
}

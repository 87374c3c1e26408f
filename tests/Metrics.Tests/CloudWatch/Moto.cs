namespace Orleans.Kpl.Metrics.Tests.CloudWatch;

/// <summary>AWS's services as moto, a Python package, has them; tests are skipped where it is not there.</summary>
internal sealed class Moto : IAsyncDisposable
{
    private const string Python = "python3";
    private const string Serve = """
        import time
        from moto.server import ThreadedMotoServer
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        print(server._server.server_port, flush=True)
        while True:
            time.sleep(60)
        """;

    private readonly ServerProcess _process = ServerProcess.Start(Python, ["-c", Serve.ReplaceLineEndings("\n")]);

    private Moto()
    {
    }

    public Uri Url { get; private set; } = null!;

    public static async Task<Moto> StartAsync()
    {
        Assert.SkipUnless(await HasModulesAsync(), "There is no python3 with moto and boto3 here.");
        var moto = new Moto();
        var port = await moto._process.Output.SeenAsync(static l => int.TryParse(l, out _), TestContext.Current.CancellationToken);
        moto.Url = new Uri($"http://127.0.0.1:{port}");
        return moto;
    }

    /// <summary>What a script prints, which must end well. Its first argument is the address.</summary>
    public async Task<string> AskAsync(string script, params IEnumerable<string> arguments)
    {
        var (code, output, error) = await RunAsync(script, [Url.OriginalString, .. arguments]);
        Assert.True(code == 0, error);
        return output;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<bool> HasModulesAsync()
    {
        try
        {
            return (await RunAsync("import moto.server, boto3, flask", [])).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Task<ProgramRun> RunAsync(string script, IEnumerable<string> arguments) =>
        ProgramRun.OfAsync(Python, ["-c", script.ReplaceLineEndings("\n"), .. arguments], within: Waiting.Long);
}

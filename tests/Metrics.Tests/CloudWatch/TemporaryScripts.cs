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

/// <summary>AWS's services as moto, a Python package, has them; tests are skipped where it is not there.</summary>
internal static class Moto
{
    private const string Serve = """
        import time
        from moto.server import ThreadedMotoServer
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        print(server._server.server_port, flush=True)
        while True:
            time.sleep(60)
        """;

    public static async Task<(ServerProcess Process, string Url)> StartAsync(TemporaryScripts work)
    {
        Assert.SkipUnless(await work.RunAsync("import moto.server, boto3, flask") is { Code: 0 }, "There is no python3 with moto and boto3 here.");
        var process = ServerProcess.Start("python3", ["-c", Serve.ReplaceLineEndings("\n")]);
        return (process, $"http://127.0.0.1:{await process.Output.SeenAsync(static l => int.TryParse(l, out _), TestContext.Current.CancellationToken)}");
    }
}

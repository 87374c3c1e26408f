using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Testing;

/// <summary>The silo executable, as a process of its own.</summary>
internal sealed partial class SiloProcess : IAsyncDisposable
{
    private const string Project = "Orleans.Kpl.Host";

    private readonly ServerProcess _process;

    private SiloProcess(ServerProcess process) => _process = process;

    /// <summary>The process' id.</summary>
    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>HTTP, once <see cref="ReadyAsync"/> has completed.</summary>
    public HttpClient Http { get; } = new() { Timeout = Waiting.Long };

    public string ReadyLine { get; private set; } = "";

    public IPEndPoint Silo { get; private set; } = null!;

    public IPEndPoint Gateway { get; private set; } = null!;

    /// <summary>Standard error.</summary>
    public ProcessLines Log => _process.Log;

    /// <summary>Starts the process; its current directory is <paramref name="directory"/>, else one without settings.</summary>
    public static SiloProcess Start(IEnumerable<string> arguments, string? directory = null, params IEnumerable<(string Name, string Value)> environment) =>
        new(ServerProcess.Start(Checkout.Built(Project, OperatingSystem.IsWindows() ? Project + ".exe" : Project), arguments, directory, environment));

    /// <summary>Starts the process on free ports and waits until it is ready.</summary>
    public static async Task<SiloProcess> StartReadyAsync(params IEnumerable<string> arguments)
    {
        var silo = Start(["--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", .. arguments]);
        try
        {
            await silo.ReadyAsync();
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for the line that says where everything is.</summary>
    public async Task ReadyAsync()
    {
        ReadyLine = await _process.Output.FirstAsync(_ => true, TestContext.Current.CancellationToken);
        var match = Ready().Match(ReadyLine);
        Assert.True(match.Success, $"'{ReadyLine}', and the log: {_process.Log}");
        Http.BaseAddress = new Uri(match.Groups["http"].Value);
        Silo = IPEndPoint.Parse(match.Groups["silo"].Value);
        Gateway = IPEndPoint.Parse(match.Groups["gateway"].Value);
    }

    /// <summary>Sends a signal, see <see cref="Signals"/>.</summary>
    public void Signal(int signal) => _process.Signal(signal);

    /// <summary>Waits for a line of the log, there already or to come.</summary>
    public Task<string> LogAsync(string part) => _process.LogAsync(part);

    /// <summary>Waits for the end of the process and of both its outputs.</summary>
    public Task<(int Code, IReadOnlyList<string> Output, IReadOnlyList<string> Log)> ExitAsync() => _process.ExitAsync();

    /// <summary>Kills the process as a crash would, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        Signal(Signals.Kill);
        await ExitAsync();
    }

    public async Task<(int Status, string Text)> GetAsync(string path)
    {
        using var response = await Http.GetAsync(path, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async Task<(int Status, string Text)> PostAsync(string path, string body, string type = "application/json")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var response = await Http.PostAsync(path, content, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Http.Dispose();
    }

    [GeneratedRegex(@"^ready http=(?<http>https?://127\.0\.0\.1:[0-9]+) silo=(?<silo>[0-9.]+:[0-9]+) gateway=(?<gateway>[0-9.]+:[0-9]+) dashboard=https?://127\.0\.0\.1:[0-9]+/dashboard$")]
    private static partial Regex Ready();
}

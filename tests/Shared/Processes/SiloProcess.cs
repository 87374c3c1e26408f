using System.Net;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Testing;

/// <summary>The silo executable, as a process of its own.</summary>
internal sealed partial class SiloProcess(ServerProcess process) : ReadyProcess(process, Ready())
{
    public IPEndPoint Silo { get; private set; } = null!;

    public IPEndPoint Gateway { get; private set; } = null!;

    /// <summary>Starts the process; its current directory is <paramref name="directory"/>, else one without settings.</summary>
    public static SiloProcess Start(IEnumerable<string> arguments, string? directory = null, params IEnumerable<(string Name, string Value)> environment) =>
        new(ServerProcess.Start(Checkout.Program("Orleans.Kpl.Host"), arguments, directory, environment));

    /// <summary>Starts the process on free ports and waits until it is ready.</summary>
    public static Task<SiloProcess> StartReadyAsync(params IEnumerable<string> arguments) =>
        ReadyAsync(Start(["--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", .. arguments]));

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

    protected override void OnReady(Match match) =>
        (Silo, Gateway) = (IPEndPoint.Parse(match.Groups["silo"].Value), IPEndPoint.Parse(match.Groups["gateway"].Value));

    [GeneratedRegex(@"^ready http=(?<http>https?://127\.0\.0\.1:[0-9]+) silo=(?<silo>[0-9.]+:[0-9]+) gateway=(?<gateway>[0-9.]+:[0-9]+) dashboard=https?://127\.0\.0\.1:[0-9]+/dashboard$")]
    private static partial Regex Ready();
}

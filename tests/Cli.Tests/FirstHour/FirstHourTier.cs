using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>The local tier as README starts it, on free ports, with one stream more.</summary>
public sealed partial class FirstHourTier : IAsyncLifetime
{
    private readonly string[] _arguments;
    private readonly TemporaryFolder _data = new();
    private RunningProgram _tier = null!;

    public FirstHourTier()
        : this("--stream", "events=4", "--stream", "clicks=8", "--stream", "typed=1")
    {
    }

    /// <summary>A tier with other arguments.</summary>
    internal FirstHourTier(params string[] arguments) => _arguments = arguments;

    public string Http { get; private set; } = "";

    public string Kinesis { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _tier = RunningProgram.StartTier(["--http-port", "0", "--kinesis-port", "0", "--data", _data.Path, .. _arguments]);
        var ready = Ready().Match(await _tier.Output.ReadLineAsync(TestContext.Current.CancellationToken) ?? "");
        Assert.True(ready.Success);
        (Http, Kinesis) = (ready.Groups[1].Value, ready.Groups[2].Value);
    }

    /// <summary>The number of records of a stream that the tier has delivered.</summary>
    internal async Task<long> DeliveredAsync(string stream)
    {
        using var client = new HttpClient();
        using var ledger = JsonDocument.Parse(await client.GetStringAsync($"{Http}/admin/streams/{stream}/ledger", TestContext.Current.CancellationToken));
        return ledger.RootElement.GetProperty("delivered").GetInt64();
    }

    public async ValueTask DisposeAsync()
    {
        await _tier.DisposeAsync();
        _data.Dispose();
    }

    [GeneratedRegex("^ready http=(http://127.0.0.1:[0-9]+) kinesis=(http://127.0.0.1:[0-9]+) dashboard=(http://127.0.0.1:[0-9]+/dashboard)$")]
    private static partial Regex Ready();
}

/// <summary>A server that takes connections and never answers.</summary>
internal sealed class SilentServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SilentServer()
    {
        _listener.Start();
        Connected = _listener.AcceptSocketAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>Completes when somebody has connected.</summary>
    public Task Connected { get; }

    public void Dispose()
    {
        _listener.Dispose();
        if (Connected is Task<Socket> { IsCompletedSuccessfully: true } accepted)
            accepted.Result.Dispose();
    }
}

using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

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

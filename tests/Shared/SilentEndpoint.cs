using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Testing;

/// <summary>An address where connections come about, and nothing is ever read or answered.</summary>
internal sealed class SilentEndpoint : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public SilentEndpoint()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        // The system completes connections that nobody accepts.
        _socket.Listen();
        Url = new Uri($"http://{_socket.LocalEndPoint}");
    }

    public Uri Url { get; }

    /// <summary>Whether anybody has come.</summary>
    public bool WasCalled => _socket.Poll(0, SelectMode.SelectRead);

    public void Dispose() => _socket.Dispose();
}

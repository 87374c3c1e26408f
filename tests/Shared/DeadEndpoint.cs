using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Testing;

/// <summary>
/// An address where nobody listens. Its port is held, bound and not listened at, until this is disposed: who connects is refused, nobody
/// else is given the port meanwhile, and no connection to it takes it as its own end.
/// </summary>
internal sealed class DeadEndpoint : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public DeadEndpoint()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Address = (IPEndPoint)_socket.LocalEndPoint!;
        Url = new Uri($"http://{Address}");
    }

    public IPEndPoint Address { get; }

    public Uri Url { get; }

    /// <summary>Lets go of the port.</summary>
    public void Dispose() => _socket.Dispose();
}

using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Testing;

/// <summary>
/// A port for a program that takes no port 0. It is bound and not listened at until this is disposed, so that nobody else is given it; the
/// program may listen there all the same, as it asks for an address that may be in use (SO_REUSEADDR), which Orleans and Java do.
/// </summary>
internal sealed class HeldPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public HeldPort()
    {
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Number = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public int Number { get; }

    /// <summary>Lets go of the port.</summary>
    public void Dispose() => _socket.Dispose();
}

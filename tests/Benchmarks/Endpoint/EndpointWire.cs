using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>What a connection's bytes come and go by: its socket, or TLS on it.</summary>
internal sealed class EndpointWire : IDisposable
{
    private readonly Socket _socket;
    private readonly SslStream? _tls;

    /// <summary>Takes a connection; with a certificate it speaks TLS, and this waits for the handshake.</summary>
    public EndpointWire(Socket socket, X509Certificate2? certificate)
    {
        _socket = socket;
        socket.NoDelay = true;
        if (certificate is null)
            return;
        _tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        _tls.AuthenticateAsServer(certificate);
    }

    /// <summary>Protocol and cipher suite; null without TLS.</summary>
    public string? Cipher => _tls is null ? null : $"{_tls.SslProtocol} {_tls.NegotiatedCipherSuite}";

    /// <summary>Waits for bytes, without a hold on memory.</summary>
    public void Wait()
    {
        if (_tls is null)
            _socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead);
        else
            _ = _tls.Read([]);
    }

    /// <summary>Returns how many bytes came; 0 at the end.</summary>
    public int Receive(Span<byte> free) => _tls is null ? _socket.Receive(free) : _tls.Read(free);

    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (_tls is null)
            _socket.Send(bytes);
        else
            _tls.Write(bytes);
    }

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }
}

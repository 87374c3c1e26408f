using System.Buffers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>
/// Lets HTTP/2 clients with prior knowledge share the clear-text port with HTTP/1.1. Kestrel chooses between the two by what TLS
/// negotiated and takes HTTP/1.1 where there is no TLS, so a connection that opens with the HTTP/2 preface is presented to it as one
/// that negotiated h2.
/// </summary>
internal sealed class ProtocolSniffer(ConnectionDelegate next)
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (await ConnectionPeek.BeginsAsync(connection.Transport.Input, OpensWithPreface, connection.ConnectionClosed))
        {
            var negotiated = new NegotiatedHttp2();
            connection.Features.Set<ITlsConnectionFeature>(negotiated);
            connection.Features.Set<ITlsApplicationProtocolFeature>(negotiated);
        }
        await next(connection);
    }

    /// <summary>Null while it may still become the preface.</summary>
    private static bool? OpensWithPreface(ReadOnlySequence<byte> buffer)
    {
        Span<byte> first = stackalloc byte[Preface.Length];
        var length = (int)Math.Min(buffer.Length, Preface.Length);
        buffer.Slice(0, length).CopyTo(first);
        return !first[..length].SequenceEqual(Preface[..length]) ? false : length == Preface.Length ? true : null;
    }

    private sealed class NegotiatedHttp2 : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol => SslApplicationProtocol.Http2.Protocol;

        public X509Certificate2? ClientCertificate { get; set; }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
    }
}

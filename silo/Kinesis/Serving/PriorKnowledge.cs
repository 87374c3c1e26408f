using System.Buffers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>
/// Lets HTTP/2 without TLS onto a port that has HTTP/1.1 too, as the SDKs for JavaScript and Java speak it. The server chooses between the two by what
/// TLS negotiated, and without TLS it always takes HTTP/1.1. So a connection that begins with HTTP/2's preface (RFC 9113, section 3.4) is shown to it
/// as one that negotiated h2. Whether a request came over TLS must therefore be judged by its listener.
/// </summary>
internal static class PriorKnowledge
{
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8];

    /// <summary>Looks at the first bytes of a connection, and leaves them to the server.</summary>
    /// <param name="limits">
    /// How long the first bytes may take. The server's own limits begin with what it reads, so a connection that it never sees would stay for ever.
    /// </param>
    public static ConnectionDelegate Before(ConnectionDelegate server, KestrelServerLimits limits, TimeProvider time) => async connection =>
    {
        bool isHttp2;
        try
        {
            isHttp2 = await BeginsWithPrefaceAsync(connection, limits, time);
        }
        catch (Exception gone) when (gone is OperationCanceledException or ConnectionResetException or ConnectionAbortedException or IOException)
        {
            return;
        }

        if (isHttp2)
        {
            var negotiated = new NegotiatedHttp2();
            connection.Features.Set<ITlsConnectionFeature>(negotiated);
            connection.Features.Set<ITlsApplicationProtocolFeature>(negotiated);
        }

        await server(connection);
    };

    /// <exception cref="OperationCanceledException">The first bytes did not come in time, or the connection was closed.</exception>
    private static async ValueTask<bool> BeginsWithPrefaceAsync(ConnectionContext connection, KestrelServerLimits limits, TimeProvider time)
    {
        var (input, hasBegun) = (connection.Transport.Input, false);
        using var slow = new CancellationTokenSource(Of(limits.KeepAliveTimeout), time);
        using var closed = connection.ConnectionClosed.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), slow);
        for (; ;)
        {
            var read = await input.ReadAsync(slow.Token);
            var seen = Seen(read.Buffer);
            if (seen == Preface.Length || seen < Math.Min(read.Buffer.Length, Preface.Length) || read.IsCompleted)
            {
                input.AdvanceTo(read.Buffer.Start);
                return seen == Preface.Length;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (!hasBegun)
                slow.CancelAfter(Of(limits.RequestHeadersTimeout));
            hasBegun = true;
        }
    }

    /// <summary>Returns a limit as timers take it: the server writes none as the longest time there is.</summary>
    private static TimeSpan Of(TimeSpan limit) => limit == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : limit;

    /// <summary>Counts the first bytes that are those of the preface.</summary>
    private static int Seen(in ReadOnlySequence<byte> buffer)
    {
        var seen = 0;
        foreach (var segment in buffer)
        {
            var common = segment.Span.CommonPrefixLength(Preface.AsSpan(seen));
            seen += common;
            if (common < segment.Length)
                break;
        }

        return seen;
    }

    private sealed class NegotiatedHttp2 : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol => SslApplicationProtocol.Http2.Protocol;

        public X509Certificate2? ClientCertificate { get; set; }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
    }
}

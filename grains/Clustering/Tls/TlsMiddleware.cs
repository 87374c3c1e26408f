using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Clustering.Sockets;
using Orleans.Runtime.Messaging;

namespace Orleans.Kpl.Clustering.Tls;

/// <summary>
/// Mutual TLS on the connections of one kind. Certificates are those in force when a connection begins, and it keeps them. Who cannot be believed, or
/// does not end the handshake in time, loses the connection, and nothing else happens.
/// </summary>
/// <param name="side">Which connections these are.</param>
/// <param name="log">Hears of handshakes that failed.</param>
/// <param name="mostHandshakes">How many handshakes are under way at a port at most.</param>
internal sealed class TlsMiddleware(
    TlsSide side, TlsStore store, TimeProvider time, HandshakeLog log, int mostHandshakes = PendingHandshakes.Most) : IConnectionMiddleware
{
    /// <summary>How long a handshake may take.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>As much as one record of TLS can hold.</summary>
    private const int RecordBytes = 16 << 10;

    private const SslProtocols Versions = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>The protocol's name in Orleans' own TLS.</summary>
    private static readonly List<SslApplicationProtocol> Protocols = [new("Orleans1")];

    /// <summary>The handshakes under way at the port; null for those of a caller, which are its own.</summary>
    private readonly PendingHandshakes? _handshakes = side == TlsSide.Caller ? null : new PendingHandshakes(mostHandshakes);

    public async Task OnConnectionAsync(ConnectionContext context, ConnectionDelegate next)
    {
        var transport = context.Transport;
        var tls = new SslStream(new TransportStream(transport), leaveInnerStreamOpen: false);
        await using (tls.ConfigureAwait(false))
        {
            if (!await TryShakeHandsWithinLimitAsync(context, tls).ConfigureAwait(false))
                return;
            var pipe = new StreamPipes(tls, RecordBytes, RecordBytes);
            context.Transport = pipe;
            try
            {
                await next(context).ConfigureAwait(false);
            }
            finally
            {
                // Whoever made the transport ends it.
                context.Transport = transport;
                await pipe.EndAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> TryShakeHandsWithinLimitAsync(ConnectionContext context, SslStream tls)
    {
        if (_handshakes?.Enter(context) is not { } handshake)
            return await TryShakeHandsAsync(context, tls).ConfigureAwait(false);
        bool isDone, isPending;
        try
        {
            isDone = await TryShakeHandsAsync(context, tls).ConfigureAwait(false);
        }
        finally
        {
            isPending = _handshakes.Leave(handshake);
        }

        return isDone && isPending;
    }

    private async Task<bool> TryShakeHandsAsync(ConnectionContext context, SslStream tls)
    {
        using var limit = new CancellationTokenSource(HandshakeTimeout, time);
        var state = store.Current;
        var believed = (side == TlsSide.Gateway ? state.Clients : state.Silos) ?? CertificateAuthorities.None;
        string? objection = null;
        try
        {
            await (side == TlsSide.Caller
                ? tls.AuthenticateAsClientAsync(CallerOptions(state.Own, believed, IsBelieved), limit.Token)
                : tls.AuthenticateAsServerAsync(ServerOptions(state.Own, believed, IsBelieved), limit.Token)).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure)
        {
            log.Failed(context.RemoteEndPoint, objection ?? Describe(failure, limit.IsCancellationRequested));
        }
        await EndAsync(context, limit.Token).ConfigureAwait(false);
        return false;

        bool IsBelieved(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
            (objection = believed.FindObjection(shown, chain, errors)) is null;
    }

    /// <summary>Ends a connection after the alert that tells the other side why. Who does not take that is cut off when the handshake's time is over.</summary>
    private async Task EndAsync(ConnectionContext context, CancellationToken limit)
    {
        await context.Transport.Output.CompleteAsync().AsTask().WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed, limit);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
    }

    /// <remarks>
    /// Sessions are not resumed: connections are few and stay, and a resumed one would bring no certificates between the other side's and its root.
    /// </remarks>
    private static SslServerAuthenticationOptions ServerOptions(
        OwnCertificate own, CertificateAuthorities believed, RemoteCertificateValidationCallback isBelieved) => new()
    {
        ServerCertificateContext = own.Context,
        ClientCertificateRequired = true,
        CertificateChainPolicy = believed.PolicyFor(CertificatePurpose.Client),
        RemoteCertificateValidationCallback = isBelieved,
        EnabledSslProtocols = Versions,
        ApplicationProtocols = Protocols,
        AllowTlsResume = false,
    };

    /// <remarks>Silos are called by their addresses, which certificates do not have: who signed, and the names of silos, are what counts.</remarks>
    private static SslClientAuthenticationOptions CallerOptions(
        OwnCertificate own, CertificateAuthorities believed, RemoteCertificateValidationCallback isBelieved) => new()
    {
        ClientCertificateContext = own.Context,
        CertificateChainPolicy = believed.PolicyFor(CertificatePurpose.Server),
        RemoteCertificateValidationCallback = isBelieved,
        EnabledSslProtocols = Versions,
        ApplicationProtocols = Protocols,
        AllowRenegotiation = false,
        AllowTlsResume = false,
    };

    private static string Describe(Exception failure, bool isTooLate) =>
        isTooLate ? $"it did not end within {HandshakeTimeout.TotalSeconds:0} s" : failure.InnerException?.Message ?? failure.Message;
}

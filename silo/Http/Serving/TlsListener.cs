using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Serves HTTPS with the certificates in force when a connection begins; connections that are there keep theirs.</summary>
internal static class TlsListener
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Puts TLS before everything else of a listener.</summary>
    public static void Use(ListenOptions listener, TlsStore tls)
    {
        PlainHttpAnswer.Use(listener, HandshakeTimeout);
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            OnConnection = begun => new(OptionsOf(tls, begun.Connection, listener.ApplicationServices)),
        });
    }

    private static SslServerAuthenticationOptions OptionsOf(TlsStore tls, ConnectionContext connection, IServiceProvider services)
    {
        var state = tls.Current;
        var clients = state.Clients ?? CertificateAuthorities.None;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = state.Own.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            // Asked for and not required: probes and clients with keys have none. One that is shown must be of our authorities.
            ClientCertificateRequired = state.Clients is not null,
            // A session that is resumed brings the client's certificate along, but none of those between it and its root.
            AllowTlsResume = state.Clients is null,
            CertificateChainPolicy = clients.PolicyFor(CertificatePurpose.Client),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (certificate is null)
                    return true;
                if (clients.FindObjection(certificate, chain, errors) is { } objection)
                {
                    services.GetService<FailedProofs>()?.NoteCertificate(connection.RemoteEndPoint, objection);
                    return false;
                }

                // Nothing else sets it, and never what a connection says of itself.
                connection.Features.Set(ClientCertificate.Of(chain!, tls));
                return true;
            },
        };
    }
}

/// <summary>The lines about HTTP's certificates.</summary>
internal sealed partial class TlsLog(ILogger<TlsLog> logger) : ITlsEvents
{
    [LoggerMessage(222, LogLevel.Information, "HTTPS shows certificate {Certificate}")]
    public partial void Taken(TlsState certificate);

    [LoggerMessage(223, LogLevel.Error, "The changed certificate is not taken, and the former one stays in force: {Errors}")]
    public partial void Refused(string errors);

    [LoggerMessage(224, LogLevel.Warning, "The time of the certificate of {File} ends at {End:u}, and there is no later one")]
    public partial void NearEnd(string file, DateTimeOffset end);

    [LoggerMessage(225, LogLevel.Warning, "{File} holds a private key, and every user of this machine may read it: let its mode be 0600")]
    public partial void KeyOpen(string file);
}

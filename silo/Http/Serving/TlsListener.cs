using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Identities.Access;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Serves HTTPS with the certificates in force when a connection begins; connections that are there keep theirs.</summary>
internal static class TlsListener
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Puts TLS before everything else of a listener.</summary>
    public static void Use(ListenOptions listener, TlsStore tls)
    {
        listener.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = HandshakeTimeout, OnConnection = _ => new(OptionsOf(tls.Current)) });
        listener.Use(CertificateNames.Note);
    }

    private static SslServerAuthenticationOptions OptionsOf(TlsState state) => new()
    {
        ServerCertificateContext = state.Own.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        // Asked for and not required: probes and clients with keys have none. One that is shown must be of our authorities.
        ClientCertificateRequired = state.Clients is not null,
        RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            certificate is null || state.Clients is { } clients && clients.HaveSigned(certificate, CertificatePurpose.Client, chain),
    };
}

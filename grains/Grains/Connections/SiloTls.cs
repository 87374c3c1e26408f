using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Hosting;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Grains.Connections;

/// <summary>
/// Mutual TLS on a silo's ports: the silo port takes silos alone, the gateway clients alone. Each has roots of its own, so that no client can pass
/// for a silo.
/// </summary>
internal static class SiloTls
{
    public static void Use(ISiloBuilder silo, TlsFiles files)
    {
        silo.Services.AddSingleton(s => TlsStore.Open(
            files, s.GetRequiredService<TimeProvider>(), new ClusterTlsLog(s.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Kpl"))));
        silo.Configure<SiloConnectionOptions>(static connections =>
        {
            connections.ConfigureSiloInboundConnection(static c => c.UseServerTls(Serving(StoreOf(c.ApplicationServices), static s => s.Silos)));
            connections.ConfigureGatewayInboundConnection(static c => c.UseServerTls(Serving(StoreOf(c.ApplicationServices), static s => s.Clients)));
            connections.ConfigureSiloOutboundConnection(static c => c.UseClientTls(Calling(StoreOf(c.ApplicationServices))));
        });
    }

    private static TlsStore StoreOf(IServiceProvider services) => services.GetRequiredService<TlsStore>();

    private static TlsOptions Serving(TlsStore store, Func<TlsState, CertificateAuthorities?> callers) => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = (certificate, chain, _) =>
            callers(store.Current) is { } authorities && authorities.HaveSigned(certificate, CertificatePurpose.Client, chain),
        LocalServerCertificateSelector = (_, _) => store.Current.Own.Certificate,
        OnAuthenticateAsServer = (_, options) =>
        {
            // The context brings the certificates between ours and its root along; the selector above, which must be there, would not.
            options.ServerCertificateSelectionCallback = null;
            ((SslServerAuthenticationOptions)options.SslServerAuthenticationOptions).ServerCertificateContext = store.Current.Own.Context;
        },
    };

    private static TlsOptions Calling(TlsStore store) => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        // Silos are called by their addresses, which certificates do not have: that a root for silos alone has signed is what counts.
        RemoteCertificateValidation = (certificate, chain, _) => store.Current.Silos!.HaveSigned(certificate, CertificatePurpose.Server, chain),
        OnAuthenticateAsClient = (_, options) =>
            ((SslClientAuthenticationOptions)options.SslClientAuthenticationOptions).ClientCertificateContext = store.Current.Own.Context,
    };
}

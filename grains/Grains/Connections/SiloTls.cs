using Orleans.Configuration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Clustering.Tls;

namespace Orleans.Kpl.Grains.Connections;

/// <summary>
/// Mutual TLS on a silo's ports: the silo port takes silos alone, the gateway clients alone. Each has roots of its own, so that no client can pass
/// for a silo.
/// </summary>
internal static class SiloTls
{
    public static void Use(ISiloBuilder silo, TlsFiles files)
    {
        ClusterTls.AddStore(silo.Services, files);
        silo.Configure<SiloConnectionOptions>(static connections =>
        {
            connections.ConfigureSiloInboundConnection(static c => ClusterTls.Use(c, TlsSide.SiloPort));
            connections.ConfigureGatewayInboundConnection(static c => ClusterTls.Use(c, TlsSide.Gateway));
            connections.ConfigureSiloOutboundConnection(static c => ClusterTls.Use(c, TlsSide.Caller));
        });
    }
}

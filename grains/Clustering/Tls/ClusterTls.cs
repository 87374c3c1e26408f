using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Clustering.Tls;

/// <summary>Mutual TLS for the connections of a silo or of a client.</summary>
internal static class ClusterTls
{
    /// <summary>Has the process read its certificates, and tell its log of them.</summary>
    public static void AddStore(IServiceCollection services, TlsFiles files)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(s => TlsStore.Open(files, s.GetRequiredService<TimeProvider>(), new ClusterTlsLog(LoggerOf(s))));
        services.AddSingleton(static s => new HandshakeLog(LoggerOf(s), s.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Puts TLS before everything else of the connections.</summary>
    public static void Use(IConnectionBuilder connections, TlsSide side)
    {
        var services = connections.ApplicationServices;
        connections.UseMiddleware(new TlsMiddleware(
            side, services.GetRequiredService<TlsStore>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<HandshakeLog>(),
            side == TlsSide.Caller ? null : new HandshakeLine()));
    }

    private static ILogger LoggerOf(IServiceProvider services) => services.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Kpl");
}

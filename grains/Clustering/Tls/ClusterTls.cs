using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Logging;

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
            side, services.GetRequiredService<TlsStore>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<HandshakeLog>()));
    }

    private static GuardedLogger LoggerOf(IServiceProvider services) => GuardedLogger.Of(services.GetRequiredService<ILoggerFactory>());
}

/// <summary>The kind of certificate that a connection's other side must have.</summary>
internal enum TlsSide
{
    /// <summary>A silo's port for silos: a silo's.</summary>
    SiloPort,

    /// <summary>A silo's port for clients: a client's.</summary>
    Gateway,

    /// <summary>Whoever calls a silo, at either port: a silo's.</summary>
    Caller,
}

/// <summary>Handshakes that failed, in the log. Strangers can make as many of them as they like, so there are few lines.</summary>
internal sealed partial class HandshakeLog(ILogger logger, TimeProvider time) : IDisposable
{
    private readonly EventBudget _budget = new(time, count => LogLeftOut(logger, count));

    public void Failed(EndPoint? other, string reason)
    {
        if (_budget.TryTake())
            LogFailed(logger, other, reason);
    }

    public void Dispose() => _budget.Dispose();

    [LoggerMessage(98, LogLevel.Warning, "TLS with {Other} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, EndPoint? other, string reason);

    [LoggerMessage(99, LogLevel.Warning, "TLS failed {Count} more times within a minute")]
    private static partial void LogLeftOut(ILogger logger, long count);
}

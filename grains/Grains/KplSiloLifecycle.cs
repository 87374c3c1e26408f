using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl.Adapters.Checking;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Grains;

/// <summary>Starts tracking the silos before the first grain starts, and drains before Orleans begins to stop.</summary>
internal sealed class KplSiloLifecycle(SiloNode node) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Above Active: the last stage to start, and so the first to stop.</summary>
    private const int AfterActive = ServiceLifecycleStage.Active + 100;

    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe("Orleans.Kpl silos", ServiceLifecycleStage.ApplicationServices, node.StartAsync);
        observer.Subscribe("Orleans.Kpl drain", AfterActive, Activate, _ => node.StopAsync());
    }

    private Task Activate(CancellationToken cancellationToken)
    {
        node.Activate();
        return Task.CompletedTask;
    }
}

/// <summary>Checks the way to Kinesis before anything else of the silo starts: one that fails the start has not joined its cluster.</summary>
internal sealed class StartCheckLifecycle(StartupCheck check, SiloNode node) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle observer)
    {
        check.TellTo(node.Producer);
        observer.Subscribe("Orleans.Kpl check", ServiceLifecycleStage.First, check.StartAsync, async _ => await check.DisposeAsync());
    }
}

/// <summary>Tells, in a silo of one's own, of settings that work, but probably not as intended.</summary>
internal sealed class SettingsNotice(SiloNode node, IEnumerable<string> warnings) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle observer) => observer.Subscribe("Orleans.Kpl warnings", ServiceLifecycleStage.First, _ =>
    {
        node.Events.TellWarnings(warnings);
        return Task.CompletedTask;
    });
}

/// <summary>
/// Warns where others reach a silo of one's own, and no TLS of the tier's is there. <c>silo/Host</c> refuses to start so; another program may have TLS of
/// its own.
/// </summary>
internal sealed partial class ExposureLifecycle(IOptions<EndpointOptions> endpoints, KplClusterOptions cluster, ILoggerFactory loggers)
    : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle observer) => observer.Subscribe("Orleans.Kpl exposure", ServiceLifecycleStage.First, TellAsync);

    private Task TellAsync(CancellationToken cancellationToken)
    {
        var isSettled = cluster.Tls is not null || cluster.AllowPlaintext;
        if (!isSettled && endpoints.Value.AdvertisedIPAddress is { } address && !IPAddress.IsLoopback(address))
            LogOpen(GuardedLogger.Of(loggers), address);
        return Task.CompletedTask;
    }

    [LoggerMessage(103, LogLevel.Warning,
        "Others reach the silo's ports at {Address}, and whoever does may put into every stream and administer. Set Kpl:Cluster:CertificateFile and SiloCaCertFile for "
            + "TLS. Where the program has TLS of its own, or nobody else is on that network, set Kpl:Cluster:AllowPlaintext=true")]
    private static partial void LogOpen(ILogger logger, IPAddress address);
}

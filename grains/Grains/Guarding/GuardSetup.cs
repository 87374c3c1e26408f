using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Grains.Guarding;

/// <summary>Guards a silo whose ports have TLS. Without it nothing is guarded: whoever reads the connections would read the secret and the tokens.</summary>
internal static class GuardSetup
{
    public static void Use(ISiloBuilder silo, KplClusterOptions cluster, bool isTierOnly)
    {
        silo.Services.AddSingleton(s => new SiloSecret(s.GetRequiredService<IStateStore>()));
        silo.Services.AddSingleton<IOutgoingGrainCallFilter>(static s => new SealedCalls(s.GetRequiredService<SiloSecret>()));
        silo.Services.AddSingleton<IIncomingGrainCallFilter>(s => new CallGuard(
            s.GetRequiredService<SiloSecret>(), OpenKeys(s, cluster),
            new GuardScope(s.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId, isTierOnly), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILoggerFactory>()));
    }

    private static AdminKeys? OpenKeys(IServiceProvider services, KplClusterOptions cluster)
    {
        var log = new ClusterTlsLog(GuardedLogger.Of(services.GetRequiredService<ILoggerFactory>()));
        return cluster.AdminKeyFile is { } file ? AdminKeys.Open(file, services.GetRequiredService<TimeProvider>(), log.Refused) : null;
    }
}

/// <summary>Puts the silos' secret into a silo's calls that only silos may make.</summary>
internal sealed class SealedCalls(SiloSecret secret) : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context) =>
        GrainReaches.Of(context.Request.GetInterfaceType()) is GrainReach.Silos or GrainReach.Administrators ? SealAsync(context) : context.Invoke();

    /// <remarks>What an async method sets there ends with it: no later call carries the secret.</remarks>
    private async Task SealAsync(IOutgoingGrainCallContext context)
    {
        RequestContext.Set(SiloSecret.Header, await secret.GetAsync());
        await context.Invoke();
    }
}

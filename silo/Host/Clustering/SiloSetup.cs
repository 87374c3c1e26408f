using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Http;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>Configures Orleans for this tier.</summary>
internal static class SiloSetup
{
    public static void Configure(ISiloBuilder silo, SiloSettings settings, SiloEndpoints endpoints)
    {
        silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (settings.Cluster.Id, settings.Cluster.ServiceId));
        silo.ConfigureEndpoints(endpoints.Silo.Address, endpoints.Silo.Port, endpoints.Gateway.Port);
        UseMembership(silo, settings, endpoints.Silo);
        silo.Configure<ClusterMembershipOptions>(FailureDetection.Configure);
        silo.Configure<SiloMessagingOptions>(static o => o.MaxMessageBodySize = SettingsCheck.LeastBody);
        silo.Services.AddSingleton<MembershipReadiness>();
        silo.Services.Replace(ServiceDescriptor.Singleton<IFatalErrorHandler, FatalEnd>());
        if (settings.Kpl.Otlp.NamesOrleans)
            silo.AddActivityPropagation();
        // With the default directory, every silo drops the grains whose directory entries were on a silo that leaves. A later change
        // would need an upgrade of its own, so this directory is used from the first release on.
#pragma warning disable ORLEANSEXP003
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
    }

    private static void UseMembership(ISiloBuilder silo, SiloSettings settings, IPEndPoint own)
    {
        if (settings.DynamoDb is null)
        {
            silo.UseDevelopmentClustering(own);
            return;
        }

        // The table of members comes with the producer.
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, AbandonedMembers>();
    }
}

/// <summary>
/// Configures how soon a cluster notices that a silo is gone. All silos are alike; docs/membership.md, "Failure detection", has the
/// reasons.
/// </summary>
internal static class FailureDetection
{
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);

    public static void Configure(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = Probe;
        // Otherwise time-outs adapt up to four times the probe's: a frozen silo would be detected after 9 s instead of 3 s.
        options.MaxProbeTimeout = Probe;
        options.NumMissedProbesLimit = 2;
        // With one vote, one sick silo could evict any other; two silos need one vote anyway.
        options.NumVotesForDeathDeclaration = 2;
        // A silo that was frozen continues until it has read that it is dead; for that time a shard may have two owners.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        // After all silos were killed, their rows count as alive for three of these periods, and a joining silo waits for them.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }
}

/// <summary>A silo is ready while the cluster counts it as active.</summary>
internal sealed class MembershipReadiness(ISiloStatusOracle members) : IReadinessCheck
{
    public string? FindObstacle() => members.CurrentStatus == SiloStatus.Active ? null : $"the cluster counts this silo as {members.CurrentStatus}";
}

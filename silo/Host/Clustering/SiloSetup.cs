using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Kpl.Host.Settings;
using Orleans.Runtime;

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
        silo.Configure<GrainDirectoryOptions>(FailureDetection.Configure);
        silo.Configure<SiloMessagingOptions>(o => Messaging.Configure(o, settings.LongestRecordTtl));
        silo.Services.AddSingleton<MembershipReadiness>();
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

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Backlog;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.State;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Draining;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Lanes;
using Orleans.Kpl.Grains.Leases;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Management;
using Orleans.Kpl.Grains.Owners;
using Orleans.Kpl.Grains.Shards;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Scaling.Running;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains;

/// <summary>Makes a silo part of the tier.</summary>
public static class KplSiloBuilderExtensions
{
    /// <summary>
    /// Adds the grains of the tier, an <see cref="IKplProducer"/>, an <see cref="IStreamAdmin"/> and an <see cref="IBacklogAdmin"/> over it. Needs a grain directory that keeps its entries when a silo
    /// leaves (<c>AddDistributedGrainDirectory</c>): with Orleans' default one, each silo that leaves takes shards of the others down.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="options">The settings; the same on all silos.</param>
    /// <param name="cluster">The cluster's settings: with DynamoDB membership the state that silos share lies there, otherwise in memory.</param>
    /// <exception cref="KplOptionsException">The settings cannot work; it carries every error.</exception>
    public static ISiloBuilder AddKpl(this ISiloBuilder builder, KplOptions options, KplClusterOptions? cluster = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var report = KplOptionsValidator.Validate(options, cluster is { Membership: ClusterMembership.DynamoDb } ? BacklogPlace.Table : BacklogPlace.SiloDirectory);
        if (!report.IsValid)
            throw new KplOptionsException(report.Errors);
        options = options.Snapshot();
        builder.AddGrainService<SiloLinkService>();
        builder.AddGrainService<LaneLinkService>();
        builder.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
        builder.ConfigureServices(services =>
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(options);
            services.AddSingleton(s => OpenGateway(options, s.GetRequiredService<TimeProvider>()));
            services.AddSingleton(s => new KinesisAccess(s.GetRequiredService<KinesisGateway>()));
            services.AddSingleton(s => new TierGateway(
                s.GetRequiredService<KinesisGateway>(), s.GetRequiredService<IGrainFactory>(), s.GetRequiredService<SiloLease>()));
            services.AddSingleton(s => OpenStore(cluster, s.GetRequiredService<TimeProvider>()));
            services.AddSingleton<BacklogCheck>();
            services.AddSingleton(s => new TableOwner(s.GetRequiredService<IStateStore>(), cluster, s.GetRequiredService<TimeProvider>()));
            AddBacklog(services, options, cluster);
            services.AddSingleton<SiloLease>();
            services.AddSingleton<LeaseWatch>();
            services.AddSingleton<ShardEpochs>();
            services.AddSingleton<ParentEpochs>();
            services.AddSingleton(s => new StreamNames(options, s.GetRequiredService<KinesisGateway>()));
            services.AddSingleton<LiveSilos>();
            services.AddSingleton<SiloLinks>();
            services.AddSingleton<HostedShards>();
            services.AddSingleton<SiloStart>();
            services.AddSingleton<ClusterProducer>();
            services.AddSingleton<IKplProducer>(s => s.GetRequiredService<ClusterProducer>());
            services.AddSingleton<IPackedProducer>(s => s.GetRequiredService<ClusterProducer>());
            services.AddSingleton<LaneLinks>();
            services.AddSingleton<ILanePeers, LanePeers>();
            services.AddSingleton<ClientSessions>();
            services.AddSingleton<LinkReceiver>();
            services.AddSingleton<ShardMover>();
            services.AddSingleton(s => new AdminServices
            {
                Kinesis = s.GetRequiredService<KinesisGateway>(),
                Store = s.GetRequiredService<IStateStore>(),
                Time = s.GetRequiredService<TimeProvider>(),
                Events = new AdminLog(s.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Kpl")),
                IsPolicyAllowed = true,
            });
            services.AddSingleton<StreamAdmins>();
            services.AddSingleton<ManagerWaker>();
            services.AddSingleton<TierAdmin>();
            services.AddSingleton<IStreamAdmin>(static s => s.GetRequiredService<TierAdmin>());
            services.AddSingleton<IBacklogAdmin>(static s => s.GetRequiredService<TierAdmin>());
            services.AddSingleton<FailureReporter>();
            services.AddSingleton<ClusterDrain>();
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, KplSiloLifecycle>();
        });
        return builder;
    }

    private static void AddBacklog(IServiceCollection services, KplOptions options, KplClusterOptions? cluster)
    {
        if (cluster is { Membership: ClusterMembership.DynamoDb })
            SharedBacklog.Add(services, s => OpenTable(options, cluster.DynamoDb, s.GetRequiredService<TimeProvider>()));
        else
            services.AddSingleton(_ => OpenFolder(options.Backlog));
    }

    private static TierBacklog OpenFolder(BacklogOptions options)
    {
        try
        {
            return options.Directory is { } directory
                ? TierBacklog.Own(FileBacklogStore.Open(directory, options.Sync))
                : TierBacklog.None;
        }
        catch (BacklogStoreException error)
        {
            throw new KplOptionsException([$"Kpl:Backlog:Directory is '{options.Directory}': {error.Message}"]);
        }
    }

    private static TableStores OpenTable(KplOptions options, KplDynamoDbOptions dynamoDb, TimeProvider time)
    {
        var client = DynamoDbClients.Create(dynamoDb, DynamoDbLocation.Resolve(dynamoDb, AwsEnvironment.Process));
        var oldest = options.ConfiguredStreams.Select(s => options.GetStream(s).BacklogMaxAge).Append(options.BacklogMaxAge).Max();
        return new TableStores(new DynamoDbBacklogStore(client, dynamoDb.BacklogTable, "tier", oldest + TableStores.Margin, time));
    }

    private static IStateStore OpenStore(KplClusterOptions? cluster, TimeProvider time)
    {
        if (cluster is not { Membership: ClusterMembership.DynamoDb })
            return new MemoryStateStore();
        var location = DynamoDbLocation.Resolve(cluster.DynamoDb, AwsEnvironment.Process);
        return new DynamoDbStateStore(DynamoDbClients.Create(cluster.DynamoDb, location), cluster.DynamoDb.StateTable, time);
    }

    private static KinesisGateway OpenGateway(KplOptions options, TimeProvider time)
    {
        try
        {
            return KinesisGatewayFactory.Create(options.Kinesis, time);
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([error.Message]);
        }
    }
}

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Kpl;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Backlog;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.State;
using Orleans.Kpl.Grains;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Draining;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Lanes;
using Orleans.Kpl.Grains.Leases;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Management;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Grains.Owners;
using Orleans.Kpl.Grains.Receiving;
using Orleans.Kpl.Grains.Shards;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;
using Orleans.Runtime;

namespace Orleans.Hosting;

/// <summary>
/// Makes a silo part of the tier: adds its grains, and an <see cref="IKplProducer"/>, an <see cref="IStreamAdmin"/> and an
/// <see cref="IBacklogAdmin"/> over it.
/// </summary>
/// <remarks>
/// The settings must be the same on all silos. The tier needs a grain directory that keeps its entries when a silo leaves
/// (<c>AddDistributedGrainDirectory</c>): with Orleans' default directory, each silo that leaves also takes down shards of the other silos.
/// Cluster membership is configured separately, by Orleans' own means.
/// </remarks>
public static class KplSiloBuilderExtensions
{
    /// <summary>Makes a silo part of the tier, configured in code.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Changes the producer's options.</param>
    /// <param name="configureCluster">
    /// Changes the cluster's options. With DynamoDB membership the state that silos share is in DynamoDB, otherwise in memory.
    /// </param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static ISiloBuilder AddKpl(this ISiloBuilder builder, Action<KplOptions> configure, Action<KplClusterOptions>? configureCluster = null)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var (options, cluster) = (new KplOptions(), new KplClusterOptions());
        configure(options);
        configureCluster?.Invoke(cluster);
        var errors = KplClusterOptionsValidator.Validate(cluster).Errors;
        return errors.Count == 0 ? builder.AddKpl(options, cluster) : throw new KplOptionsException(errors);
    }

    /// <summary>Makes a silo part of the tier, configured by a section.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="kplSection">
    /// Section <c>Kpl</c>: the producer's settings, and in it <c>Cluster</c> and <c>DynamoDb</c>; read at once. Sections of other packages
    /// in it are ignored.
    /// </param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static ISiloBuilder AddKpl(this ISiloBuilder builder, IConfiguration kplSection) => builder.AddKpl(kplSection, static _ => { });

    /// <summary>Makes a silo part of the tier, configured by a section and then in code.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="kplSection">Section <c>Kpl</c>; see the overload that takes only a section.</param>
    /// <param name="configure">Changes the producer's options that the section set.</param>
    /// <param name="configureCluster">Changes the cluster's options that the section set.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static ISiloBuilder AddKpl(
        this ISiloBuilder builder, IConfiguration kplSection, Action<KplOptions> configure, Action<KplClusterOptions>? configureCluster = null)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new KplOptions();
        var cluster = KplConfiguration.ReadCluster(kplSection, configureCluster);
        List<string> errors = [.. KplConfiguration.ReadInto(options, kplSection).Errors, .. cluster.Errors];
        configure(options);
        return errors.Count == 0
            ? builder.AddKpl(options, cluster.Options)
            : throw new KplOptionsException([.. errors, .. KplOptionsValidator.Validate(options, HostOf(cluster.Options)).Errors]);
    }

    /// <summary>Makes a silo part of the tier.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="options">The settings.</param>
    /// <param name="cluster">The cluster's settings, checked.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    internal static ISiloBuilder AddKpl(this ISiloBuilder builder, KplOptions options, KplClusterOptions? cluster = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var report = KplOptionsValidator.Validate(options, HostOf(cluster));
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
            services.AddSingleton(s => new ClusterGateway(
                s.GetRequiredService<KinesisGateway>(), s.GetRequiredService<IGrainFactory>(), s.GetRequiredService<SiloLease>()));
            services.AddSingleton(s => OpenStore(cluster, s.GetRequiredService<TimeProvider>()));
            services.AddSingleton<BacklogCheck>();
            services.AddSingleton(s => new TableOwner(s.GetRequiredService<IStateStore>(), cluster, s.GetRequiredService<TimeProvider>()));
            AddBacklog(services, options, cluster);
            services.AddSingleton<SiloLease>();
            services.AddSingleton<LeaseWatch>();
            services.AddSingleton<ShardEpochs>();
            services.AddSingleton<ParentEpochs>();
            services.AddSingleton(s => new StreamNameResolver(options, s.GetRequiredService<KinesisGateway>()));
            services.AddSingleton<LiveSilos>();
            services.AddSingleton<SiloLinks>();
            services.AddSingleton<HostedShards>();
            services.AddSingleton<SiloState>();
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
            services.AddSingleton<ManagerActivator>();
            services.AddSingleton<IStreamAdmin>(static s => new GrainStreamAdmin(s.GetRequiredService<IGrainFactory>()));
            services.AddSingleton<IBacklogAdmin>(static s => new GrainBacklogAdmin(s.GetRequiredService<IGrainFactory>()));
            services.AddSingleton<FailureReporter>();
            services.AddSingleton<ClusterDrain>();
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, KplSiloLifecycle>();
        });
        return builder;
    }

    private static BacklogHost HostOf(KplClusterOptions? cluster) =>
        cluster is { Membership: ClusterMembership.DynamoDb } ? BacklogHost.ClusterSilo : BacklogHost.LocalSilo;

    private static void AddBacklog(IServiceCollection services, KplOptions options, KplClusterOptions? cluster)
    {
        if (cluster is { Membership: ClusterMembership.DynamoDb })
            SharedBacklog.Add(services, s => OpenTable(options, cluster.DynamoDb, s.GetRequiredService<TimeProvider>()));
        else
            services.AddSingleton(_ => OpenFolder(options.Backlog));
    }

    private static ClusterBacklog OpenFolder(BacklogOptions options)
    {
        try
        {
            return options.Directory is { } directory
                ? ClusterBacklog.Own(FileBacklogStore.Open(directory, options.Sync))
                : ClusterBacklog.None;
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

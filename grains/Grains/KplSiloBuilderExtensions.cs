using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl;
using Orleans.Kpl.Clustering.Sockets;
using Orleans.Kpl.Adapters.Checking;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Clustering.Members;
using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Grains;
using Orleans.Kpl.Grains.Connections;
using Orleans.Kpl.Grains.Guarding;
using Orleans.Kpl.Grains.Lanes;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Management;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Grains.Quotas;
using Orleans.Kpl.Grains.Shards;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Quotas;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Hosting;

/// <summary>
/// Makes a silo part of the tier: adds its grains, and an <see cref="IKplProducer"/>, an <see cref="IStreamAdmin"/> and an
/// <see cref="IBacklogAdmin"/> over it.
/// </summary>
/// <remarks>
/// The settings must be the same on all silos, and every silo of the cluster must be added to the tier. The tier's grains have a directory of their own,
/// which keeps its entries when a silo leaves (docs/from-orleans.md); what other grains use stays as the program has it. With DynamoDB membership the silo
/// finds the others in DynamoDB too, unless Orleans' own means configure another table of members. The silo checks the way to Kinesis before it joins, in
/// the background unless <see cref="KplOptions.CheckAtStart"/> is <see cref="StartCheck.Fail"/>: then a bad answer fails the start with a
/// <see cref="KplCheckException"/>.
/// </remarks>
public static class KplSiloBuilderExtensions
{
    /// <summary>
    /// How long the table keeps records beyond <see cref="StreamOptions.BacklogMaxAge"/>, so that records that are too old become dead
    /// letters before the table deletes them, also where no silo ran for a while.
    /// </summary>
    private static readonly TimeSpan KeptLonger = TimeSpan.FromDays(7);

    /// <summary>Makes a silo part of the tier, configured in code.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Changes the producer's options.</param>
    /// <param name="configureCluster">
    /// Changes the cluster's options. With DynamoDB membership the state that silos share is in DynamoDB, otherwise in memory.
    /// </param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static ISiloBuilder AddKpl(this ISiloBuilder builder, Action<KplOptions> configure, Action<KplClusterOptions>? configureCluster = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var (options, cluster) = (new KplOptions(), new KplClusterOptions());
        configure(options);
        configureCluster?.Invoke(cluster);
        builder.Services.Configure(configure);
        return builder.AddChecked(options, KplClusterOptionsValidator.Validate(cluster));
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
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new KplOptions();
        var cluster = KplConfiguration.ReadCluster(kplSection, configureCluster);
        var read = KplConfiguration.ReadInto(options, kplSection);
        configure(options);
        builder.Services.Configure<KplOptions>(o => KplConfiguration.ReadInto(o, kplSection)).Configure(configure);
        return builder.AddChecked(options, cluster, read);
    }

    private static ISiloBuilder AddChecked(
        this ISiloBuilder builder, KplOptions options, OptionsReport<KplClusterOptions> cluster, OptionsReport<KplOptions>? read = null)
    {
        var report = KplOptionsValidator.Validate(options, HostOf(cluster.Options));
        if (read is { IsValid: false } || !cluster.IsValid)
            throw new KplOptionsException([.. read?.Errors ?? [], .. cluster.Errors, .. report.Errors, .. FindFileErrors(cluster.Options)]);
        return builder.AddKpl(options, cluster.Options).AddStartCheck(cluster.Options, [.. read?.Warnings ?? [], .. report.Warnings, .. cluster.Warnings]);
    }

    private static IReadOnlyList<string> FindFileErrors(KplClusterOptions? cluster) =>
        cluster?.SiloTls is null ? [] : ClusterFiles.FindErrors(cluster, TimeProvider.System, isSilo: true);

    /// <summary>Makes a silo part of the tier.</summary>
    /// <param name="cluster">The cluster's settings, checked.</param>
    /// <param name="isTierOnly">Whether the silo has no grains but this library's.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    internal static ISiloBuilder AddKpl(this ISiloBuilder builder, KplOptions options, KplClusterOptions? cluster = null, bool isTierOnly = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        List<string> errors = [.. KplOptionsValidator.Validate(options, HostOf(cluster)).Errors, .. FindFileErrors(cluster)];
        if (errors.Count > 0)
            throw new KplOptionsException(errors);
        options = options.Snapshot();
        if (cluster?.SiloTls is { } tls)
        {
            SiloTls.Use(builder, tls);
            // With localhost membership no state is shared, and so no secret.
            if (cluster.Membership == ClusterMembership.DynamoDb)
                GuardSetup.Use(builder, cluster, isTierOnly);
        }
        if (isTierOnly)
            SocketTransport.Use(builder.Services);
        TierDirectory.Use(builder);
        SiloDefaults.Use(builder.Services);
        builder.AddGrainService<SiloLinkService>();
        builder.AddGrainService<LaneLinkService>();
        builder.AddGrainService<QuotaLinkService>();
        builder.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
        builder.ConfigureServices(services =>
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(options);
            services.AddSingleton(s => OpenGateway(options, s.GetRequiredService<TimeProvider>()));
            services.AddSingleton<IKinesisControl>(s => s.GetRequiredService<KinesisClient>());
            services.AddSingleton(s => OpenStore(cluster, s.GetRequiredService<TimeProvider>()));
            if (cluster is { Membership: ClusterMembership.DynamoDb })
            {
                services.AddSingleton<IWriterStores>(s => OpenTable(options, cluster.DynamoDb, s.GetRequiredService<TimeProvider>()));
                ClusterMembers.AddToSilo(services, cluster.DynamoDb, Guid.NewGuid);
            }
            services.AddSingleton(s => new AdminServices
            {
                Kinesis = s.GetRequiredService<IKinesisControl>(),
                Store = s.GetRequiredService<IStateStore>(),
                StoreEndsWithProcess = cluster is not { Membership: ClusterMembership.DynamoDb },
                Kept = cluster is { Membership: ClusterMembership.DynamoDb } ? s.GetRequiredService<IStateStore>() : null,
                Time = s.GetRequiredService<TimeProvider>(),
                Events = new AdminLog(
                    GuardedLogger.Of(s.GetRequiredService<ILoggerFactory>()),
                    () => s.GetRequiredService<SiloNode>().Producer.Instruments),
                IsPolicyAllowed = true,
            });
            services.AddSingleton<ISiloMembership, OrleansMembership>();
            services.AddSingleton<ISiloLinks, SiloLinks>();
            services.AddSingleton<LaneLinks>();
            services.AddSingleton<IQuotaPeers, QuotaLinks>();
            services.AddSingleton<IShardDirectory, ShardGrains>();
            services.AddSingleton<IStreamManagers, ManagerGrains>();
            services.AddSingleton(s => CreateNode(s, options, cluster));
            services.AddSingleton<IKplProducer>(static s => s.GetRequiredService<SiloNode>().Producer);
            services.AddSingleton<ITierView>(static s => s.GetRequiredService<SiloNode>().View);
            services.AddSingleton<IStreamAdmin>(static s => new GrainStreamAdmin(s.GetRequiredService<IGrainFactory>()));
            services.AddSingleton<IBacklogAdmin>(static s => new GrainBacklogAdmin(s.GetRequiredService<IGrainFactory>()));
            if (cluster?.FailureStreamProvider is { } provider)
            {
                services.AddSingleton(s => new FailureStream(provider, s));
                services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static s => s.GetRequiredService<FailureStream>());
            }
            if (cluster is { Membership: ClusterMembership.DynamoDb, DynamoDb.CreateTables: false })
            {
                services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
                    s => new TableCheck(cluster.DynamoDb, s.GetRequiredService<TimeProvider>(), ClusterMembers.LogOf(s, cluster.DynamoDb)));
            }
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, KplSiloLifecycle>();
            KplBridgeSiloBuilderExtensions.HideUnusedBridge(services);
        });
        return builder;
    }

    /// <summary>Checks the way to Kinesis when the silo starts (<see cref="KplOptions.CheckAtStart"/>), and what else its program has to see to.</summary>
    private static ISiloBuilder AddStartCheck(
        this ISiloBuilder builder, KplClusterOptions cluster, IReadOnlyList<string> warnings) => builder.ConfigureServices(services =>
    {
        services.AddSingleton(CreateCheck);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, StartCheckLifecycle>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SettingsCheck>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            s => new ExposureLifecycle(s.GetRequiredService<IOptions<EndpointOptions>>(), cluster, s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(s => new SettingsNotice(
            s.GetRequiredService<SiloNode>(), [.. warnings, .. MetricsPresence.FindWarnings(s.GetRequiredService<KplOptions>().Metrics, s)]));
    });

    private static StartupCheck CreateCheck(IServiceProvider services)
    {
        var options = services.GetRequiredService<KplOptions>();
        var time = services.GetRequiredService<TimeProvider>();
        var log = GuardedLogger.Of(services.GetRequiredService<ILoggerFactory>());
        return new StartupCheck(options.CheckAtStart, KinesisCheck.AtStart(options, [], time), log, time);
    }

    private static BacklogHost HostOf(KplClusterOptions? cluster) =>
        cluster is { Membership: ClusterMembership.DynamoDb } ? BacklogHost.ClusterSilo : BacklogHost.LocalSilo;

    private static SiloNode CreateNode(IServiceProvider services, KplOptions options, KplClusterOptions? cluster)
    {
        var shared = services.GetService<IWriterStores>();
        var own = shared is null ? OpenFolder(options.Backlog) : null;
        var admin = services.GetRequiredService<AdminServices>();
        var node = new SiloNode(new SiloSeams
        {
            Options = options,
            Cluster = cluster,
            Membership = services.GetRequiredService<ISiloMembership>(),
            Links = services.GetRequiredService<ISiloLinks>(),
            Clients = services.GetRequiredService<LaneLinks>().To,
            Shards = services.GetRequiredService<IShardDirectory>(),
            Managers = services.GetRequiredService<IStreamManagers>(),
            Kinesis = services.GetRequiredService<KinesisClient>(),
            Admin = own is null ? admin : admin with { Kept = own },
            State = services.GetRequiredService<IStateStore>(),
            SharedBacklog = shared,
            OwnBacklog = own,
            SendHint = services.GetService<FailureStream>() is { } hints ? hints.SendAsync : null,
            Time = services.GetRequiredService<TimeProvider>(),
            Random = new Random(),
            NewId = Guid.NewGuid,
            Loggers = services.GetRequiredService<ILoggerFactory>(),
            Meters = services.GetService<IMeterFactory>(),
        });
        var client = services.GetRequiredService<KinesisClient>();
        client.CborRefused += (endpoint, error) => node.Events.CborRefused(endpoint, error.Code, error.Message);
        client.Clock.Corrected = offset => node.Events.ClockCorrected(client.Location.Endpoint, offset);
        if (client.Heeded is { } heeded)
            node.Events.EnvironmentHeeded(client.Location.Endpoint, heeded);
        return node;
    }

    private static FileBacklogStore? OpenFolder(BacklogOptions options)
    {
        try
        {
            return options.Directory is { } directory ? FileBacklogStore.Open(directory, options.Sync) : null;
        }
        catch (BacklogStoreException error)
        {
            throw new KplOptionsException([$"Kpl:Backlog:Directory is '{options.Directory}': {error.Message}"]);
        }
    }

    private static DynamoDbBacklogStore OpenTable(KplOptions options, KplDynamoDbOptions dynamoDb, TimeProvider time)
    {
        var client = DynamoDbClients.Create(dynamoDb, ClusterMembers.Locate(dynamoDb));
        var oldest = options.ConfiguredStreams.Select(s => options.GetStream(s).BacklogMaxAge).Append(options.BacklogMaxAge).Max();
        return new DynamoDbBacklogStore(client, dynamoDb.BacklogTable, "tier", oldest + KeptLonger, time, dynamoDb.CreateTables);
    }

    private static IStateStore OpenStore(KplClusterOptions? cluster, TimeProvider time)
    {
        if (cluster is not { Membership: ClusterMembership.DynamoDb })
            return new MemoryStateStore();
        var client = DynamoDbClients.Create(cluster.DynamoDb, ClusterMembers.Locate(cluster.DynamoDb));
        return new DynamoDbStateStore(client, cluster.DynamoDb.StateTable, time, cluster.DynamoDb.CreateTables);
    }

    private static KinesisClient OpenGateway(KplOptions options, TimeProvider time)
    {
        try
        {
            return KinesisClient.Create(options.Kinesis, time);
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([error.Message]);
        }
    }
}

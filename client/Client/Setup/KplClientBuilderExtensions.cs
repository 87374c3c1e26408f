using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl;
using Orleans.Kpl.Client.Gateways;
using Orleans.Kpl.Client.Setup;
using Orleans.Kpl.Clustering.Members;
using Orleans.Kpl.Clustering.Sockets;
using Orleans.Kpl.Producer.Setup;

namespace Orleans.Hosting;

/// <summary>Connects an Orleans client to a tier and adds the producer over it.</summary>
public static class KplClientBuilderExtensions
{
    /// <summary>How often the client refreshes its list of gateways.</summary>
    private static readonly TimeSpan GatewayListRefresh = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds <see cref="IKplProducer"/>, <see cref="IStreamAdmin"/> and <see cref="IBacklogAdmin"/> as one <see cref="KplClusterProducer"/>
    /// over this client. The producer drains before the client stops.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Changes the producer's options; null if they are configured elsewhere.</param>
    public static IClientBuilder AddKpl(this IClientBuilder builder, Action<KplOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddProducer(builder.Services);
        if (configure is not null)
            builder.Services.Configure(configure);
        return builder;
    }

    /// <summary>Adds the producer over this client, configured by a section.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="kplSection">Section <c>Kpl</c>; read once, when the producer is created. Sections of other packages in it are ignored.</param>
    public static IClientBuilder AddKpl(this IClientBuilder builder, IConfiguration kplSection)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(kplSection);
        AddProducer(builder.Services);
        SectionOptions.Use(builder.Services, kplSection);
        return builder;
    }

    /// <summary>Adds the producer over this client, configured by a section and then in code.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="kplSection">Section <c>Kpl</c>.</param>
    /// <param name="configure">Changes the options that the section set.</param>
    public static IClientBuilder AddKpl(this IClientBuilder builder, IConfiguration kplSection, Action<KplOptions> configure) =>
        builder.AddKpl(kplSection).AddKpl(configure);

    /// <summary>Configures how the client reaches the tier. Connecting waits for a silo.</summary>
    /// <remarks>On Linux a connection whose data stays unacknowledged for ten seconds is closed, and Orleans opens another.</remarks>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Selects the cluster and how it is reached, with the same settings as the silos.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static IClientBuilder UseKplCluster(this IClientBuilder builder, Action<KplClusterOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var cluster = new KplClusterOptions();
        configure(cluster);
        return builder.UseKplCluster(cluster);
    }

    /// <summary>Configures how the client reaches the tier. Connecting waits for a silo.</summary>
    /// <remarks>On Linux a connection whose data stays unacknowledged for ten seconds is closed, and Orleans opens another.</remarks>
    /// <param name="builder">The client.</param>
    /// <param name="kplSection">Section <c>Kpl</c>, with the same <c>Cluster</c> and <c>DynamoDb</c> sections as the silos.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static IClientBuilder UseKplCluster(this IClientBuilder builder, IConfiguration kplSection) =>
        builder.UseKplCluster(KplConfiguration.ReadCluster(kplSection).GetOptionsOrThrow());

    internal static IClientBuilder UseKplCluster(this IClientBuilder builder, KplClusterOptions cluster)
    {
        ArgumentNullException.ThrowIfNull(builder);
        // Also for a producer that the program creates itself.
        WatchGateways(builder.Services);
        var report = KplClusterOptionsValidator.Validate(cluster);
        var options = report.GetOptionsOrThrow();
        builder.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.Id, options.ServiceId));
        builder.Configure<GatewayOptions>(static o => o.GatewayListRefreshPeriod = GatewayListRefresh);
        builder.UseConnectionRetryFilter<ConnectionRetry>();
        SocketTransport.Use(builder.Services);
        if (options.Tls is { } tls)
            ClientTls.Use(builder, tls, options);
        if (options.Membership == ClusterMembership.Localhost)
        {
            Tell(builder, ClusterSearch.For(options, null, report.Warnings));
            builder.UseStaticClustering(new IPEndPoint(AddressOf(options), options.GatewayPort));
            return builder;
        }

        var location = ClusterMembers.Locate(options.DynamoDb);
        Tell(builder, ClusterSearch.For(options, location.Region, report.Warnings));
        ClusterMembers.AddToClient(builder.Services, options.DynamoDb, location);
        return builder;
    }

    /// <summary>Has the search for a silo told once, in words that name the cluster.</summary>
    private static void Tell(IClientBuilder builder, ClusterSearch search)
    {
        builder.Services.AddSingleton(search);
        // Not by the producer: a program may create that itself, later or never.
        builder.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(s => new SearchEnd(search, s));
        builder.Services.PostConfigure<LoggerFilterOptions>(search.Quiet);
    }

    private static void AddProducer(IServiceCollection services)
    {
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KplOptions>>(new OptionsCheck(BacklogHost.ClusterClient)));
        WatchGateways(services);
        services.TryAddSingleton(ClusterProducerFactory.Create);
        services.TryAddSingleton<IKplProducer>(static s => s.GetRequiredService<KplClusterProducer>());
        services.TryAddSingleton<IStreamAdmin>(static s => s.GetRequiredService<KplClusterProducer>().Admin);
        services.TryAddSingleton<IBacklogAdmin>(static s => s.GetRequiredService<KplClusterProducer>().Backlog);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ILifecycleParticipant<IClusterClientLifecycle>, ProducerLifecycle>());
    }

    private static void WatchGateways(IServiceCollection services)
    {
        services.TryAddSingleton(static s => new GatewayWatch(s.GetService<TimeProvider>() ?? TimeProvider.System));
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IClusterConnectionStatusObserver, GatewayWatch>(static s => s.GetRequiredService<GatewayWatch>()));
    }

    private static IPAddress AddressOf(KplClusterOptions options)
    {
        if (options.AdvertisedAddress is not { } name)
            return IPAddress.Loopback;
        if (IPAddress.TryParse(name, out var address))
            return address;
        try
        {
            return Dns.GetHostAddresses(name).OrderBy(static a => a.AddressFamily != AddressFamily.InterNetwork).First();
        }
        catch (Exception error) when (error is SocketException or InvalidOperationException)
        {
            throw new KplOptionsException([$"Kpl:Cluster:AdvertisedAddress is '{name}': {error.Message}"]);
        }
    }
}

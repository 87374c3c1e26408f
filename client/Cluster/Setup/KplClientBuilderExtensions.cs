using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Client.Lanes;
using Orleans.Kpl.Client.Setup;
using Orleans.Kpl.Producer.Setup;

namespace Orleans.Hosting;

/// <summary>Makes an Orleans client the way to a tier.</summary>
public static class KplClientBuilderExtensions
{
    /// <summary>How often the client learns of new gateways.</summary>
    private static readonly TimeSpan GatewayListRefresh = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds <see cref="IKplProducer"/> as one <see cref="KplClusterProducer"/> over this client. It drains before the client stops.
    /// </summary>
    public static IClientBuilder AddKpl(this IClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KplOptions>>(new OptionsCheck(BacklogPlace.Tier)));
        services.TryAddSingleton<GatewayWatch>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IClusterConnectionStatusObserver, GatewayWatch>(static s => s.GetRequiredService<GatewayWatch>()));
        services.TryAddSingleton(ClusterProducerFactory.Create);
        services.TryAddSingleton<IKplProducer>(static s => s.GetRequiredService<KplClusterProducer>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ILifecycleParticipant<IClusterClientLifecycle>, ProducerLifecycle>());
        return builder;
    }

    /// <summary>Tells the client where the tier is. Its connecting waits for a silo.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="cluster">The settings that the silos have.</param>
    /// <exception cref="KplOptionsException">The settings cannot work; it carries every error.</exception>
    public static IClientBuilder UseKplCluster(this IClientBuilder builder, KplClusterOptions cluster)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var report = KplClusterOptionsValidator.Validate(cluster);
        var options = report.GetOptionsOrThrow();
        builder.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.Id, options.ServiceId));
        builder.Configure<GatewayOptions>(static o => o.GatewayListRefreshPeriod = GatewayListRefresh);
        builder.UseConnectionRetryFilter<ConnectionRetry>();
        if (options.Membership == ClusterMembership.Localhost)
        {
            builder.UseStaticClustering(new IPEndPoint(AddressOf(options), options.GatewayPort));
            return builder;
        }

        var location = Resolve(options.DynamoDb);
        return builder.UseDynamoDBClustering((DynamoDBGatewayOptions table) =>
        {
            table.Service = location.Service;
            table.AccessKey = options.DynamoDb.AccessKeyId;
            table.SecretKey = options.DynamoDb.SecretAccessKey;
            table.Token = options.DynamoDb.SessionToken;
            table.ProfileName = options.DynamoDb.Profile;
            table.TableName = options.DynamoDb.SilosTable;
            table.CreateIfNotExists = false;
            table.UpdateIfExists = false;
            table.UseProvisionedThroughput = false;
        });
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

    private static DynamoDbLocation Resolve(KplDynamoDbOptions options)
    {
        try
        {
            return DynamoDbLocation.Resolve(options, AwsEnvironment.Process);
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([error.Message]);
        }
    }
}

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Kpl;
using Orleans.Kpl.Producer.Setup;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the producer over an Orleans cluster.</summary>
public static class KplClusterServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IKplProducer"/> as one <see cref="KplClusterProducer"/>, and the Orleans client under it, configured by a
    /// section. Where <c>AddKpl</c> stood before, this is the one line that moves a program from its own producer to a tier.
    /// </summary>
    /// <remarks>
    /// The host's start waits for a silo; it tries until one is there, or the start is cancelled. The producer drains, for
    /// <c>DrainTimeout</c> at most, before Orleans' client stops: register this before the services that put, which then stop
    /// earlier. Set <c>HostOptions.ShutdownTimeout</c> to <c>DrainTimeout</c> + 30 s.
    /// </remarks>
    /// <param name="services">The services.</param>
    /// <param name="kplSection">
    /// Section <c>Kpl</c>: the producer's settings, and below it <c>Cluster</c> and <c>DynamoDb</c> as silos have them; read at once.
    /// </param>
    /// <exception cref="KplOptionsException">The settings cannot work; it carries every error.</exception>
    public static IServiceCollection AddKplCluster(this IServiceCollection services, IConfiguration kplSection)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(kplSection);
        var kpl = KplConfiguration.Read(kplSection, BacklogPlace.Tier, KplClusterSettings.Sections);
        var cluster = KplClusterSettings.Read(KplConfiguration.Flatten(kplSection));
        if (!kpl.IsValid || !cluster.IsValid)
            throw new KplOptionsException([.. kpl.Errors, .. cluster.Errors]);
        var section = new SectionOptions(kplSection);
        services.AddSingleton(section);
        services.AddSingleton<IConfigureOptions<KplOptions>>(section);
        return services.AddOrleansClient(client => client.UseKplCluster(cluster.Options).AddKpl());
    }

    /// <summary>
    /// Registers <see cref="IKplProducer"/> as one <see cref="KplClusterProducer"/>, and the Orleans client under it, configured in code.
    /// </summary>
    /// <remarks><inheritdoc cref="AddKplCluster(IServiceCollection, IConfiguration)" path="/remarks"/></remarks>
    /// <param name="services">The services.</param>
    /// <param name="cluster">Which cluster, and how it is reached.</param>
    /// <param name="configure">Changes the producer's options.</param>
    /// <exception cref="KplOptionsException">The settings of the cluster cannot work; it carries every error.</exception>
    public static IServiceCollection AddKplCluster(this IServiceCollection services, KplClusterOptions cluster, Action<KplOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
            services.Configure(configure);
        return services.AddOrleansClient(client => client.UseKplCluster(cluster).AddKpl());
    }
}

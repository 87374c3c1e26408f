using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Orleans.Kpl;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Registers the producer over an Orleans cluster and the Orleans client under it: <see cref="IKplProducer"/>, <see cref="IStreamAdmin"/>
/// and <see cref="IBacklogAdmin"/> as one <see cref="KplClusterProducer"/>. Replace <c>AddKpl</c> with this one line to move a program from
/// its own producer to a tier.
/// </summary>
/// <remarks>
/// The host's start waits for a silo: it retries until one is reachable or the start is cancelled. The producer drains, for
/// <c>DrainTimeout</c> at most, before Orleans' client stops. Register it before the services that put records, so that those stop earlier.
/// Set <c>HostOptions.ShutdownTimeout</c> to <c>DrainTimeout</c> + 30 s.
/// </remarks>
public static class KplClusterServiceCollectionExtensions
{
    /// <summary>Registers the producer over a cluster, configured in code.</summary>
    /// <param name="configure">Changes the producer's options.</param>
    /// <param name="configureCluster">Selects the cluster and how it is reached; null for the default cluster on this machine.</param>
    /// <exception cref="KplOptionsException">The settings of the cluster are invalid; the exception carries every error.</exception>
    public static IServiceCollection AddKplCluster(
        this IServiceCollection services, Action<KplOptions> configure, Action<KplClusterOptions>? configureCluster = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var cluster = new KplClusterOptions();
        configureCluster?.Invoke(cluster);
        return services.AddOrleansClient(client => client.UseKplCluster(cluster).AddKpl(configure));
    }

    /// <summary>Registers the producer over a cluster, configured by a section.</summary>
    /// <param name="kplSection">
    /// Section <c>Kpl</c>: the producer's settings, and in it the same <c>Cluster</c> and <c>DynamoDb</c> sections as the silos; read at
    /// once. Sections of other packages in it, such as <c>Kpl:Http</c>, are ignored.
    /// </param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static IServiceCollection AddKplCluster(this IServiceCollection services, IConfiguration kplSection)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(kplSection);
        var kpl = KplConfiguration.ReadReport(kplSection, BacklogHost.ClusterClient);
        var cluster = KplConfiguration.ReadCluster(kplSection);
        if (!kpl.IsValid || !cluster.IsValid)
            throw new KplOptionsException([.. kpl.Errors, .. cluster.Errors]);
        return services.AddOrleansClient(client => client.UseKplCluster(cluster.Options).AddKpl(kplSection));
    }

    /// <summary>Registers the producer over a cluster, configured by a section and then in code.</summary>
    /// <param name="kplSection">Section <c>Kpl</c>; see the overload that takes only a section.</param>
    /// <param name="configure">Changes the producer's options that the section set. They are checked when the producer is created.</param>
    /// <param name="configureCluster">Changes the cluster's options that the section set.</param>
    /// <exception cref="KplOptionsException">
    /// A setting cannot be read, or the settings of the cluster are invalid; the exception carries every error.
    /// </exception>
    public static IServiceCollection AddKplCluster(
        this IServiceCollection services, IConfiguration kplSection, Action<KplOptions> configure, Action<KplClusterOptions>? configureCluster = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(kplSection);
        ArgumentNullException.ThrowIfNull(configure);
        List<string> errors = [.. KplConfiguration.ReadInto(new KplOptions(), kplSection).Errors];
        var cluster = KplConfiguration.ReadCluster(kplSection, configureCluster);
        errors.AddRange(cluster.Errors);
        if (errors.Count > 0)
            throw new KplOptionsException(errors);
        return services.AddOrleansClient(client => client.UseKplCluster(cluster.Options).AddKpl(kplSection, configure));
    }
}

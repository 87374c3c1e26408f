using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Kpl;
using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.Setup;
using Orleans.Kpl.Producer.Setup;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the collector of metrics.</summary>
public static class KplMetricsServiceCollectionExtensions
{
    /// <summary>
    /// Collects the metrics of the producers of this host, from its start until its container is disposed. Settings are those of the producer:
    /// <c>Kpl:MetricsLevel</c>, <c>Kpl:Metrics:Sinks</c> and the rest of <see cref="KplOptions.Metrics"/>. Every registered <see cref="IMetricsSink"/> is
    /// a sink too. <see cref="MetricsCollector"/> and <see cref="InMemoryMetrics"/> are registered, and <see cref="IMetricsPage"/>, which has a page
    /// where <c>Kpl:Metrics:Sinks</c> names <c>Prometheus</c>.
    /// </summary>
    /// <param name="configure">Changes the settings after they were read; null to change nothing.</param>
    public static IServiceCollection AddKplMetrics(this IServiceCollection services, Action<MetricsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        if (configure is not null)
            services.PostConfigure<KplOptions>(o => configure(o.Metrics));

        // Before the producer's: the collector hears it from its first event on, and ends after it.
        if (services.All(static s => s.ServiceType != typeof(MetricsPresence)))
            services.AddSingleton(new MetricsPresence()).Insert(0, ServiceDescriptor.Singleton<IHostedService, CollectorService>());
        services.TryAddSingleton(static p => MetricsCollector.Start(
            ProducerFactory.GetOptions(p), p.GetService<ILoggerFactory>(), p.GetServices<IMetricsSink>(), p.GetService<TimeProvider>(),
            p.GetService<IMeterFactory>()));
        services.TryAddSingleton(static p => p.GetRequiredService<MetricsCollector>().InMemory);
        services.TryAddSingleton<IMetricsPage>(static p => new CollectorPage(p.GetRequiredService<MetricsCollector>()));
        return services;
    }
}

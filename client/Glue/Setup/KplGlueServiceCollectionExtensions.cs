using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Kpl;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Glue;
using Orleans.Kpl.Producer.Setup;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the schema registry.</summary>
public static partial class KplGlueServiceCollectionExtensions
{
    /// <summary>
    /// Registers a <see cref="GlueSchemaRegistry"/> with the settings of the producer (<c>AddKpl</c>, <c>AddKplCluster</c>) and of the file that
    /// <c>Kpl:GlueSchemaRegistryPropertiesFilePath</c> names. Inject it together with an <see cref="IKplProducer"/>, and call <c>WithSchema</c>.
    /// </summary>
    /// <param name="configure">Changes the settings after the file was read; null to change nothing.</param>
    public static IServiceCollection AddKplGlue(this IServiceCollection services, Action<GlueOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        services.TryAddSingleton(p =>
        {
            var options = ProducerFactory.GetOptions(p);
            var glue = GlueOptions.For(options);
            configure?.Invoke(glue);
            var registry = GlueSchemaRegistry.Create(options, glue, p.GetService<TimeProvider>());
            if (p.GetService<ILoggerFactory>() is { } loggers)
            {
                var log = GuardedLogger.Of(loggers);
                foreach (var warning in glue.ReadingWarnings)
                    LogWarning(log, warning);
                registry.Warned += text => LogWarning(log, text);
            }

            return registry;
        });
        return services;
    }

    [LoggerMessage(139, LogLevel.Warning, "Glue: {Text}")]
    private static partial void LogWarning(ILogger log, string text);
}

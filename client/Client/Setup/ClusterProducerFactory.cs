using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Creates the producer from the container's services.</summary>
internal static class ClusterProducerFactory
{
    public static KplClusterProducer Create(IServiceProvider provider)
    {
        try
        {
            return KplClusterProducer.Create(
                provider.GetRequiredService<IClusterClient>(), provider.GetRequiredService<IOptions<KplOptions>>().Value,
                provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>());
        }
        catch (OptionsValidationException error)
        {
            throw new KplOptionsException([.. error.Failures.Distinct()]);
        }
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Creates the producer from the services in the container.</summary>
internal static class ProducerFactory
{
    public static KplProducer Create(IServiceProvider provider)
    {
        var options = GetOptions(provider);
        var loggers = provider.GetService<ILoggerFactory>();
        var producer = KplProducer.Create(options, loggers, provider.GetService<TimeProvider>());
        foreach (var section in provider.GetServices<SectionOptions>())
            producer.TellWarnings(section.ReadWarnings());
        return producer;
    }

    /// <summary>Creates the check of the host's start, with the settings that the producer has.</summary>
    public static StartupCheck CreateCheck(IServiceProvider provider) => new(
        GetOptions(provider), [], provider.GetService<ILoggerFactory>()?.CreateLogger("Orleans.Kpl") ?? NullLogger.Instance,
        provider.GetService<TimeProvider>() ?? TimeProvider.System);

    private static KplOptions GetOptions(IServiceProvider provider)
    {
        try
        {
            return provider.GetRequiredService<IOptions<KplOptions>>().Value;
        }
        catch (OptionsValidationException error)
        {
            throw new KplOptionsException([.. error.Failures.Distinct()]);
        }
    }
}

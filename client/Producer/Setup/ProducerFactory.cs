using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Adapters.Checking;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws.Checking;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Creates the producer from the services in the container.</summary>
internal static class ProducerFactory
{
    public static KplProducer Create(IServiceProvider provider)
    {
        var options = GetOptions(provider);
        var loggers = provider.GetService<ILoggerFactory>();
        var producer = ProducerCreation.Create(options, loggers, provider.GetService<TimeProvider>(), provider.GetService<IMeterFactory>());
        producer.Parts.TellWarnings(FindWarnings(provider, options));
        return producer;
    }

    /// <summary>Finds what a producer cannot see in its settings: warnings about the container's sections, and sinks without a collector.</summary>
    public static IEnumerable<string> FindWarnings(IServiceProvider provider, KplOptions options) =>
        [.. provider.GetServices<SectionOptions>().SelectMany(static s => s.ReadWarnings()), .. MetricsPresence.FindWarnings(options.Metrics, provider)];

    /// <summary>Creates the check of the host's start, with the settings that the producer has.</summary>
    public static StartupCheck CreateCheck(IServiceProvider provider) => CreateCheck(
        GetOptions(provider), [], provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance, provider.GetService<TimeProvider>());

    /// <summary>Creates the check of a host's start.</summary>
    /// <param name="streams">The streams to ask about beside those that have settings of their own.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public static StartupCheck CreateCheck(KplOptions options, IEnumerable<string> streams, ILoggerFactory loggers, TimeProvider? time = null) =>
        new(options.CheckAtStart, KinesisCheck.AtStart(options, streams, time ?? TimeProvider.System), GuardedLogger.Of(loggers),
            time ?? TimeProvider.System);

    /// <summary>Returns the settings of a container.</summary>
    /// <exception cref="KplOptionsException">They are invalid; the exception carries every error.</exception>
    public static KplOptions GetOptions(IServiceProvider provider)
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

/// <summary>
/// Ties the producer to the host: it is created before all other services, so that invalid settings fail the start, and drained after
/// them.
/// </summary>
internal sealed class ProducerHostedService(IServiceProvider services, ProducerSlot slot) : IHostedLifecycleService
{
    private readonly (KplProducer Producer, StartupCheck Check)? _made =
        slot.IsTakenIn(services) ? null : (services.GetRequiredService<KplProducer>(), services.GetRequiredService<StartupCheck>());

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (_made is not var (producer, check))
            return Task.CompletedTask;
        check.TellTo(producer.Parts.Pipeline);
        return check.StartAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Drains the producer. Every other service has stopped, so no caller puts records any more. The drain has its own time limit,
    /// independent of the rest of the host's.
    /// </summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_made is not var (producer, check))
            return;
        await check.DisposeAsync().ConfigureAwait(false);
        await producer.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>The place of the producer in a container, where a test may have put another one.</summary>
internal sealed class ProducerSlot(IServiceCollection services)
{
    /// <summary>
    /// Whether the container has a stand-in, however it was registered. Of a producer that lives as long as the container, one is made to find out, as it is
    /// at a start anyway; one of a scope cannot be.
    /// </summary>
    public bool IsTakenIn(IServiceProvider provider) => services.Any(static s => !s.IsKeyedService && (IsStandIn(s.ServiceType)
        || IsStandIn(s.ImplementationType) || s.ImplementationInstance is IStandInProducer))
        || (services.LastOrDefault(static s => s.ServiceType == typeof(IKplProducer) && !s.IsKeyedService) is { Lifetime: ServiceLifetime.Singleton }
            && provider.GetRequiredService<IKplProducer>() is IStandInProducer);

    private static bool IsStandIn(Type? type) => type?.IsAssignableTo(typeof(IStandInProducer)) == true;
}

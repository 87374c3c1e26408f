using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Kpl;
using Orleans.Kpl.Producer.Setup;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Registers the embedded producer: <see cref="IKplProducer"/>, <see cref="IStreamAdmin"/> and <see cref="IBacklogAdmin"/> are one
/// <see cref="KplProducer"/>.
/// </summary>
/// <remarks>
/// The host starts the producer before any hosted service: invalid settings fail the start with all errors in
/// one <see cref="KplOptionsException"/>. It checks the way to Kinesis in the background and logs what it finds, once
/// (<see cref="KplOptions.CheckAtStart"/>; with <see cref="StartCheck.Fail"/> a bad answer fails the start with
/// a <see cref="KplCheckException"/>). The host drains the producer after every hosted service has stopped, for
/// <c>DrainTimeout</c> at most, regardless of how much of the host's own <c>ShutdownTimeout</c> remains. If hosted services
/// await deliveries while they stop, set <c>HostOptions.ShutdownTimeout</c> to <c>DrainTimeout</c> + 30 s.
/// </remarks>
public static class KplServiceCollectionExtensions
{
    /// <summary>Registers the embedded producer, configured in code.</summary>
    /// <param name="configure">Changes the options; several calls, and configuration, are applied in order.</param>
    public static IServiceCollection AddKpl(this IServiceCollection services, Action<KplOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddProducer().Configure(configure);
    }

    /// <summary>Registers the embedded producer, configured by a section.</summary>
    /// <param name="kplSection">
    /// Section <c>Kpl</c>, such as <c>configuration.GetSection("Kpl")</c>; read once, when the producer is created. Sections of other
    /// packages in it, such as <c>Kpl:Http</c>, are ignored. Do not bind it by <c>Configure&lt;KplOptions&gt;(section)</c> of .NET, which passes over
    /// the settings of streams, and over misspelt names.
    /// </param>
    public static IServiceCollection AddKpl(this IServiceCollection services, IConfiguration kplSection)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(kplSection);
        SectionOptions.Use(services.AddProducer(), kplSection);
        return services;
    }

    /// <summary>Registers the embedded producer, configured by a section and then in code.</summary>
    /// <param name="kplSection">Section <c>Kpl</c>; see the overload without <paramref name="configure"/>.</param>
    /// <param name="configure">Changes the options read from the section.</param>
    public static IServiceCollection AddKpl(this IServiceCollection services, IConfiguration kplSection, Action<KplOptions> configure) =>
        services.AddKpl(kplSection).AddKpl(configure);

    private static IServiceCollection AddProducer(this IServiceCollection services)
    {
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KplOptions>>(new OptionsCheck(BacklogHost.Embedded)));
        services.TryAddSingleton(ProducerFactory.Create);
        services.TryAddSingleton(ProducerFactory.CreateCheck);
        services.TryAddSingleton<IKplProducer>(provider => provider.GetRequiredService<KplProducer>());
        services.TryAddSingleton<IStreamAdmin>(provider => provider.GetRequiredService<KplProducer>().Admin);
        services.TryAddSingleton(static provider => provider.GetRequiredService<KplProducer>().Parts.View);
        services.TryAddSingleton<IBacklogAdmin>(provider => provider.GetRequiredService<KplProducer>().Backlog);
        services.TryAddSingleton(new ProducerSlot(services));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ProducerHostedService>());
        return services;
    }
}

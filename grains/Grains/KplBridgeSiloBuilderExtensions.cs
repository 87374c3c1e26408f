using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Kpl;
using Orleans.Kpl.Grains.Bridging;
using Orleans.Metadata;

namespace Orleans.Hosting;

/// <summary>Puts the events of Orleans streams into Kinesis.</summary>
public static class KplBridgeSiloBuilderExtensions
{
    /// <summary>
    /// Puts the events of a namespace of Orleans streams into a Kinesis stream, through the tier, in the form that Orleans' own provider for Kinesis
    /// (<c>AddKinesisStreams</c> of Microsoft.Orleans.Streaming.Kinesis) reads. Call it on all silos, beside <c>AddKpl</c> and the provider's own method.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The partition key is the key of the Orleans stream, and each batch that the provider took is a Kinesis record of its own. The events of one
    /// Orleans stream keep their order. An event is acknowledged to the provider when Kinesis has it: at least once, and lost only where the provider
    /// gives it up, which it does <c>StreamPullingAgentOptions.MaxEventDeliveryTime</c> (default 1 minute) after the first attempt.
    /// </para>
    /// <para>
    /// Kinesis could never take an event that is too large, or whose stream's key has more than 256 characters. Such an event is logged as an error, ends
    /// on the Kinesis stream's list of failures (<see cref="IStreamManager.GetFailures"/>), and does not delay those behind it.
    /// </para>
    /// </remarks>
    /// <param name="builder">The silo.</param>
    /// <param name="provider">The name of the stream provider. A silo without it does not start.</param>
    /// <param name="streamNamespace">The namespace of the streams, as it stands; a namespace of a provider has one bridge.</param>
    /// <param name="kinesisStream">The Kinesis stream: its name, or its ARN.</param>
    /// <exception cref="KplOptionsException">The stream is neither a name nor an ARN.</exception>
    public static ISiloBuilder AddKplBridge(this ISiloBuilder builder, string provider, string streamNamespace, string kinesisStream)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(provider);
        ArgumentException.ThrowIfNullOrWhiteSpace(streamNamespace);
        ArgumentNullException.ThrowIfNull(kinesisStream);
        if (!StreamName.IsFit(kinesisStream))
            throw new KplOptionsException([$"AddKplBridge: '{kinesisStream}' names no stream: allowed is {StreamName.Rule}"]);
        builder.AddStreaming();
        return builder.ConfigureServices(services =>
        {
            services.AddSingleton(new StreamBridge(provider, streamNamespace, kinesisStream));
            if (services.Any(static s => s.ServiceType == typeof(StreamBridges)))
                return;
            services.AddSingleton<StreamBridges>();
            services.AddSingleton<IGrainPropertiesProvider>(static s => s.GetRequiredService<StreamBridges>());
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, BridgeCheck>();
        });
    }

    /// <summary>Without a bridge this silo must not be asked to host one, as other silos of its cluster may be.</summary>
    internal static void HideUnusedBridge(IServiceCollection services) => services.AddOptions<GrainTypeOptions>().PostConfigure<IServiceProviderIsService>(
        static (types, known) =>
        {
            if (!known.IsService(typeof(StreamBridges)))
                types.Classes.Remove(typeof(BridgeGrain));
        });
}

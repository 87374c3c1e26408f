using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Producer.Setup;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Creates the producer from the container's services.</summary>
internal static class ClusterProducerFactory
{
    public static KplClusterProducer Create(IServiceProvider provider)
    {
        var options = ProducerFactory.GetOptions(provider);
        var producer = KplClusterProducer.Create(
            provider.GetRequiredService<IClusterClient>(), options, provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>());
        List<string> warnings = [.. ProducerFactory.FindWarnings(provider, options), .. provider.GetService<ClusterSearch>()?.TakeWarnings() ?? []];
        if (provider.GetService<IServiceProviderIsService>()?.IsService(typeof(KplProducer)) == true)
            warnings.Add("AddKpl and AddKplCluster were both called, and IKplProducer is the producer of whichever was first: leave the other out");
        producer.TellWarnings(warnings);
        return producer;
    }
}

/// <summary>Ties the producer to Orleans' client: it is created when the client is connected, and drained before the client stops.</summary>
internal sealed class ProducerLifecycle(IServiceProvider services) : ILifecycleParticipant<IClusterClientLifecycle>
{
    private KplClusterProducer? _producer;

    public void Participate(IClusterClientLifecycle lifecycle) => lifecycle.Subscribe(
        "Orleans.Kpl producer",
        ServiceLifecycleStage.Last,
        _ =>
        {
            _producer = services.GetRequiredService<KplClusterProducer>();
            return Task.CompletedTask;
        },
        async _ =>
        {
            if (_producer is not null)
                await _producer.DisposeAsync().ConfigureAwait(false);
        });
}

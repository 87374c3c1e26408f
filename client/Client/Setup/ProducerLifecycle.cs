using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Kpl.Client.Setup;

/// <summary>
/// Ties the producer to Orleans' client: it is created when the client is connected, and drained before the client stops.
/// </summary>
internal sealed class ProducerLifecycle(IServiceProvider services) : ILifecycleParticipant<IClusterClientLifecycle>
{
    private KplClusterProducer? _producer;

    public void Participate(IClusterClientLifecycle lifecycle) => lifecycle.Subscribe(
        "Orleans.Kpl producer",
        ServiceLifecycleStage.Last,
        _ =>
        {
            if (services.GetService<ClusterSearch>() is { } search)
                search.IsOver = true;
            _producer = services.GetRequiredService<KplClusterProducer>();
            return Task.CompletedTask;
        },
        async _ =>
        {
            if (_producer is not null)
                await _producer.DisposeAsync().ConfigureAwait(false);
        });
}

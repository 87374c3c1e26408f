using Microsoft.Extensions.Hosting;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Ties the producer to the host: made (so that bad settings fail the start) before all others, drained after them.</summary>
internal sealed class ProducerHostedService(KplProducer producer) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Every other service has stopped, so nobody puts any more. Draining has a limit of its own, and what the others left of
    /// the host's is not it.
    /// </summary>
    public async Task StoppedAsync(CancellationToken cancellationToken) => await producer.DisposeAsync().ConfigureAwait(false);
}

using Microsoft.Extensions.Hosting;
using Orleans.Kpl.Adapters.Checking;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Ties the producer to the host: it is created before all other services, so that invalid settings fail the start, and drained after them.</summary>
internal sealed class ProducerHostedService(KplProducer producer, StartupCheck check) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => check.StartAsync(cancellationToken);

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
        await check.DisposeAsync().ConfigureAwait(false);
        await producer.DisposeAsync().ConfigureAwait(false);
    }
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// Closes the gate of an application with its host: asked to stop, the application is not ready, takes records for
/// <see cref="KplHttpOptions.DrainDelay"/> more, and then refuses them. Only after that its server stops, and at the end its producer drains.
/// </summary>
internal sealed class GateLifetime(IngestGate gate, IOptions<KplHttpOptions> options, TimeProvider time) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var delay = gate.IsLeaving ? TimeSpan.Zero : options.Value.DrainDelay;
        gate.Leave();
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        gate.Close();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

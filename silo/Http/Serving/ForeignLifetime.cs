using Microsoft.Extensions.Hosting;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The lifetime of a host that is one part of a program: signals and the order of stopping belong to the program.</summary>
internal sealed class ForeignLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

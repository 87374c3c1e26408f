using Microsoft.Extensions.Hosting;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The lifetime of a host that is one part of a program: the program handles signals and the order of stopping.</summary>
internal sealed class ForeignLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

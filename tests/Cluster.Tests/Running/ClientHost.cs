using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>The client library, over all gateways of a cluster.</summary>
internal sealed class ClientHost : IAsyncDisposable
{
    private readonly IHost _host;

    private ClientHost(IHost host) => _host = host;

    public IKplProducer Producer => _host.Services.GetRequiredService<IKplProducer>();

    public static async Task<ClientHost> StartAsync(KplClusterOptions cluster, Action<KplOptions>? configure = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddOrleansClient(client => client.UseKplCluster(cluster).AddKpl(o =>
        {
            // As the silos of these tests have it.
            o.RecordTtl = TimeSpan.FromMinutes(2);
            configure?.Invoke(o);
        }));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new ClientHost(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

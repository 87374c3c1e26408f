using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>A plain Orleans client of a cluster.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    private readonly IHost _host;

    private ClusterConnection(IHost host) => _host = host;

    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    public IManagementGrain Management => Client.GetGrain<IManagementGrain>(0);

    public static async Task<ClusterConnection> OpenAsync(KplClusterOptions options)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.Id, options.ServiceId));
            client.Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
            client.UseDynamoDBClustering(table =>
            {
                table.Service = options.DynamoDb.ServiceUrl!.AbsoluteUri;
                table.TableName = options.DynamoDb.SilosTable;
                table.CreateIfNotExists = false;
                table.UpdateIfExists = false;
            });
        });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new ClusterConnection(host);
    }

    /// <summary>The silos that the cluster counts as active, by their silo endpoints.</summary>
    public async Task<IReadOnlyList<string>> ActiveSilosAsync() =>
        [.. (await Management.GetHosts(onlyActive: true)).Keys.Select(s => s.Endpoint.ToString()).Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Clustering.Members;
using Orleans.Kpl.Lanes;
using Orleans.Messaging;
using Orleans.Runtime;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>A plain Orleans client of a cluster.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    private const string ShardGrainType = "kpl-shard";

    private const string ManagerGrainType = "kpl-manager";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(200);

    private readonly IHost _host;

    private ClusterConnection(IHost host) => _host = host;

    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    public IManagementGrain Management => Client.GetGrain<IManagementGrain>(0);

    /// <summary>Over all gateways.</summary>
    public static Task<ClusterConnection> OpenAsync(KplClusterOptions options) => OpenAsync(
        options,
        client => ClusterMembers.AddToClient(client.Services, options.DynamoDb, DynamoDbLocation.Resolve(options.DynamoDb, AwsEnvironment.Process)));

    /// <summary>Over the gateway of one silo only: what a stateless worker says is that silo's.</summary>
    public static Task<ClusterConnection> OpenAsync(KplClusterOptions options, SiloProcess silo) =>
        OpenAsync(options, client => client.UseStaticClustering(silo.Gateway));

    /// <summary>The silos that the cluster counts as active, by their silo endpoints.</summary>
    public async Task<IReadOnlyList<string>> ActiveSilosAsync()
    {
        var silos = await AnswerAsync(() => Management.GetHosts(onlyActive: true));
        return [.. silos.Keys.Select(s => s.Endpoint.ToString()).Order(StringComparer.Ordinal)];
    }

    /// <summary>How many silos have a gateway, as the table of members tells at this instant.</summary>
    public async Task<int> CountGatewaysAsync() =>
        (await _host.Services.GetRequiredService<IGatewayListProvider>().GetGatewaysAsync(TestContext.Current.CancellationToken)).Count;

    /// <summary>Where the shards of all streams are served: by the silo's endpoint, the keys of their grains.</summary>
    public Task<ILookup<string, string>> ShardsAsync() => GrainsAsync(ShardGrainType);

    /// <summary>The same, of the streams' managers.</summary>
    public Task<ILookup<string, string>> ManagersAsync() => GrainsAsync(ManagerGrainType);

    /// <summary>What the silo that is asked has of a stream.</summary>
    public Task<StreamStatus> StatusAsync(string stream) => AnswerAsync(() => Client.GetGrain<IStreamProducer>(stream).GetStatus());

    /// <summary>How many silos the one that is asked takes for owners of shards.</summary>
    public async Task<int> CountOwnersAsync()
    {
        var request = new ClientRequest { Session = Guid.NewGuid() };
        return (await AnswerAsync(() => Client.GetGrain<IClientLane>("0/owners").Open(request))).Silos;
    }

    /// <summary>Waits for the shards to be where they are meant to be.</summary>
    public async Task<ILookup<string, string>> UntilShardsAsync(Predicate<ILookup<string, string>> isMeant)
    {
        ILookup<string, string>? shards = null;
        await Waiting.UntilAsync(async () => isMeant(shards = await ShardsAsync()), "shards where they are meant to be");
        return shards!;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>A question may be for a silo that was lost until that is declared dead: it is put until there is an answer.</summary>
    private static async Task<T> AnswerAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        T? answer = null;
        await Waiting.UntilAsync(async () => (answer = await SiloLoss.TryAsync(ask)) is not null, "an answer");
        return answer!;
    }

    private async Task<ILookup<string, string>> GrainsAsync(string type)
    {
        var activations = await AnswerAsync(() => Management.GetDetailedGrainStatistics());
        return activations.Where(a => a.GrainId.Type.ToString() == type)
            .ToLookup(a => a.SiloAddress.Endpoint.ToString(), a => a.GrainId.Key.ToString()!);
    }

    private static async Task<ClusterConnection> OpenAsync(KplClusterOptions options, Action<IClientBuilder> findGateways)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.Id, options.ServiceId));
            client.Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
            // The table tells of a gateway that was lost until its silo is declared dead.
            client.UseConnectionRetryFilter(async (_, stop) =>
            {
                await Task.Delay(BetweenTries, stop);
                return true;
            });
            findGateways(client);
        });
        var host = builder.Build();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Waiting.Long);
        await host.StartAsync(limit.Token);
        return new ClusterConnection(host);
    }
}

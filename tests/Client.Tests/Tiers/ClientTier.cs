using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Tests.Tiers;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Silos.Tests.Backlog;
using Orleans.TestingHost;

namespace Orleans.Kpl.Client.Tests.Tiers;

/// <summary>Silos of the tier in this process over a local Kinesis endpoint, and the client library beside them.</summary>
internal sealed class ClientTier : IAsyncDisposable
{
    public const string Stream = "events";

    /// <summary>Long enough never to pass unless something is stuck.</summary>
    public static readonly TimeSpan Long = Waiting.Long;

    private ClientTier(LocalKinesisServer server, InProcessTestCluster cluster, KplClusterProducer producer) =>
        (Server, Cluster, Producer) = (server, cluster, producer);

    public LocalKinesisServer Server { get; }

    public InProcessTestCluster Cluster { get; }

    public KplClusterProducer Producer { get; }

    public static async Task<ClientTier> StartAsync(
        int silos = 2, int shards = 4, Action<KplOptions>? silo = null, Action<KplOptions>? client = null, bool hasBacklog = false)
    {
        var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await server.Kinesis.CreateStreamAsync(Stream, shards);
#pragma warning disable ORLEANSEXP003
        var builder = new InProcessTestClusterBuilder((short)silos) { Options = { UseDistributedGrainDirectory = true, ConfigureFileLogging = false } };
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, host) =>
        {
            var options = new KplOptions { RecordTtl = Long,
                Kinesis = { EndpointUrl = server.Url, Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" } };
            silo?.Invoke(options);
            host.AddKpl(options);
            if (hasBacklog)
                host.ConfigureServices(services => services.AddSingleton<IWriterStores>(new SharedStores()));
        });
        builder.ConfigureClient(host => host.AddKpl());
        var cluster = builder.Build();
        await cluster.DeployAsync().WaitAsync(Long);
        var settings = new KplOptions { RecordTtl = Long };
        client?.Invoke(settings);
        var loggers = cluster.Client.ServiceProvider.GetService<ILoggerFactory>();
        return new ClientTier(server, cluster, KplClusterProducer.Create(cluster.Client, settings, loggers));
    }

    public static UserRecord Record(int number) => TierRecords.Record(number);

    public static UserRecord[] Records(int count, int first = 0) => TierRecords.Records(count, first);

    /// <summary>Each record that was told delivered is visible to KCL, in the shard and under the number that were told.</summary>
    public void AssertVisible(IReadOnlyList<UserRecord> records, IReadOnlyList<RecordResult> results) =>
        TierRecords.AssertVisible(Server.Kinesis, Stream, records, results);

    /// <summary>Every record was delivered, and is seen.</summary>
    public void AssertDelivered(IReadOnlyList<UserRecord> records, IReadOnlyList<RecordResult> results)
    {
        Assert.All(results, r => Assert.True(r.Status == RecordStatus.Delivered, r.ToString()));
        AssertVisible(records, results);
    }

    public async ValueTask DisposeAsync()
    {
        await Producer.DisposeAsync();
        await Cluster.DisposeAsync();
        await Server.DisposeAsync();
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Tests.Backlog;
using Orleans.TestingHost;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Several silos of the tier in this process, on real sockets, over a local Kinesis endpoint.</summary>
internal sealed class Tier : IAsyncDisposable
{
    public const string Stream = "events";

    /// <summary>Long enough never to pass unless something is stuck.</summary>
    public static readonly TimeSpan Long = Waiting.Long;

    /// <summary>Between two looks at what nobody signals.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Shards do not switch together, and the listing lags behind.</summary>
    public static readonly ReshardTiming Apart = new()
    {
        CutOverDelay = TimeSpan.FromMilliseconds(60),
        CutOverSpacing = TimeSpan.FromMilliseconds(30),
        UpdatingTime = TimeSpan.FromMilliseconds(50),
        ListShardsLag = TimeSpan.FromMilliseconds(150),
    };

    private Tier(LocalKinesisServer server, InProcessTestCluster cluster, IStateStore rows) => (Server, Cluster, Rows) = (server, cluster, rows);

    public LocalKinesisServer Server { get; }

    public InProcessTestCluster Cluster { get; }

    /// <summary>The rows that the silos share.</summary>
    public IStateStore Rows { get; }

    public IStreamProducer Producer => Cluster.Client.GetGrain<IStreamProducer>(Stream);

    public IStreamManager Manager => Cluster.Client.GetGrain<IStreamManager>(Stream);

    public static async Task<Tier> StartAsync(
        int silos = 2, int shards = 4, Action<KplOptions>? configure = null, Action<LocalKinesisOptions>? endpoint = null, SharedStores? backlog = null,
        Func<string, TimeProvider>? time = null, Action<ISiloBuilder>? also = null, KplClusterOptions? cluster = null,
        Action<IClientBuilder>? client = null, bool isOfHost = true)
    {
        var local = new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None };
        endpoint?.Invoke(local);
        var server = await LocalKinesisServer.StartAsync(local);
        await server.Kinesis.CreateStreamAsync(Stream, shards);
        // As the silo executable has it. Silos of one's own may have Orleans' default directory for their other grains.
#pragma warning disable ORLEANSEXP003
        var builder = new InProcessTestClusterBuilder((short)silos) { Options = { UseDistributedGrainDirectory = isOfHost, ConfigureFileLogging = false } };
#pragma warning restore ORLEANSEXP003
        // A test cluster's default directory is one object that all silos share: no silo takes entries with it. Orleans' own is wanted.
        if (!isOfHost)
            UseTestDirectory(builder.Options, false);
        var store = new MemoryStateStore();
        builder.ConfigureSilo((specific, silo) =>
        {
            var options = new KplOptions { RecordTtl = Long, RequestTimeout = Long / 3, DrainTimeout = Long, StopTimeout = Long * 3,
                Kinesis = { EndpointUrl = server.Url, Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" } };
            configure?.Invoke(options);
            silo.AddKpl(options, cluster);
            also?.Invoke(silo);
            SharedAdmin.Use(silo, store);
            // As with DynamoDB: owners of ordered shards see each other's rows.
            silo.ConfigureServices(services => services.AddSingleton<IStateStore>(store));
            if (time is not null)
                silo.ConfigureServices(services => services.AddSingleton(time(specific.SiloName)));
            if (backlog is not null)
                silo.ConfigureServices(services => services.AddSingleton<IWriterStores>(backlog));
        });
        builder.ConfigureClient(c => client?.Invoke(c));
        var built = builder.Build();
        await built.DeployAsync().WaitAsync(Long);
        return new Tier(server, built, store);
    }

    /// <summary>What each silo serves, by its place.</summary>
    public List<int> HostedShards() => [.. Cluster.Silos.Select(s => s.ServiceProvider.GetRequiredService<SiloNode>().Hosted.Count)];

    public ClusterProducer Front(int silo) => Node(silo).Producer;

    public SiloNode Node(int silo) => Cluster.Silos[silo].ServiceProvider.GetRequiredService<SiloNode>();

    public static UserRecord Record(int number) => TierRecords.Record(number);

    public static UserRecord[] Records(int count, int first = 0) => TierRecords.Records(count, first);

    /// <summary>Every record was told delivered, and is visible to KCL, in the shard and under the number that were told.</summary>
    public void AssertVisible(IReadOnlyList<UserRecord> records, IReadOnlyList<RecordResult> results)
    {
        Assert.All(results, static r => Assert.True(r.Status == RecordStatus.Delivered, r.ToString()));
        TierRecords.AssertVisible(Server.Kinesis, Stream, records, results);
    }

    /// <summary>
    /// Where the stream was created again: what was told delivered is in the stream that is or in one before it, and nothing failed but for want
    /// of a stream.
    /// </summary>
    public void AssertNothingLost(IReadOnlyList<UserRecord> records, IReadOnlyList<RecordResult> results)
    {
        var seen = Lives.Visible(Server.Kinesis, Stream).Select(s => (s.Key, s.ShardId, s.SequenceNumber)).ToHashSet();
        Assert.Equal(records.Count, results.Count);
        for (var i = 0; i < records.Count; i++)
        {
            var result = results[i];
            if (result.IsSuccess)
                Assert.Contains((records[i].PartitionKey, result.ShardId!, result.SequenceNumber!), seen);
            else
                Assert.True(result.ErrorCode == RecordErrorCodes.ResourceNotFound, result.ToString());
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_UseTestClusterGrainDirectory")]
    private static extern void UseTestDirectory(InProcessTestClusterOptions options, bool value);

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>Waits for what a tier does to its stream's shards.</summary>
internal static class TierOperations
{
    /// <summary>The operation when it has ended.</summary>
    public static Task<StreamOperation> EndOfAsync(this Tier tier, StartedOperation started) =>
        tier.WhenAsync(o => o.State != OperationState.Running, started.OperationId);

    /// <summary>The operation when it is so far.</summary>
    public static async Task<StreamOperation> WhenAsync(this Tier tier, Func<StreamOperation, bool> condition, string id)
    {
        using var limit = new CancellationTokenSource(Tier.Long);
        using var timer = new PeriodicTimer(Tier.Step);
        while (true)
        {
            try
            {
                var operation = await tier.Manager.GetOperation(id);
                if (condition(operation))
                    return operation;
            }
            catch (Exception e) when (SiloLoss.MayExplain(e) && !limit.IsCancellationRequested)
            {
                // The manager's silo has just been killed.
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>The silo that has the stream's manager.</summary>
    public static async Task<InProcessSiloHandle> ManagerSiloAsync(this Tier tier)
    {
        var management = tier.Cluster.Client.GetGrain<Orleans.Runtime.IManagementGrain>(0);
        var address = await management.GetActivationAddress(tier.Manager);
        return tier.Cluster.Silos.Single(s => s.SiloAddress.Equals(address));
    }

    /// <summary>Completes when the stream takes changes.</summary>
    public static Task ActiveAsync(this Tier tier) =>
        Waiting.UntilAsync(() => tier.Server.Kinesis.Get(Tier.Stream).Status == LocalKinesis.StreamStatus.Active);
}

/// <summary>Silos whose managers share their rows, as with DynamoDB, and look at a stream, and ask its policy, more often than they would at AWS.</summary>
internal static class SharedAdmin
{
    public static void Use(ISiloBuilder silo, IStateStore store) => silo.ConfigureServices(services =>
        services.AddSingleton(s => new AdminServices
        {
            Kinesis = s.GetRequiredService<IKinesisControl>(),
            Store = store,
            Kept = store,
            Time = s.GetService<AdminTime>()?.Of(s.GetRequiredService<Orleans.Runtime.ILocalSiloDetails>().Name) ?? s.GetRequiredService<TimeProvider>(),
            Events = new AdminLog(NullLogger.Instance),
            IsPolicyAllowed = true,
            LookEvery = TimeSpan.FromMilliseconds(50),
            DecideEvery = TimeSpan.FromMilliseconds(200),
        }));
}

/// <summary>
/// Times of silos for administration alone, by their names: one that is killed goes on in this process, and must not be told that time has passed.
/// </summary>
internal sealed record AdminTime(Func<string, TimeProvider> Of);

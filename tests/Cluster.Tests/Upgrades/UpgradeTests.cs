using Orleans.Kpl.Cluster.Tests.Pods;

namespace Orleans.Kpl.Cluster.Tests.Upgrades;

/// <summary>Silos of two builds side by side: an upgrade and the way back, each with what its own chart renders.</summary>
[Trait("Category", "Long")]
[Collection(OlderBuildTests.Name)]
public sealed class UpgradeTests(DynamoDbLocal dynamoDb, OlderBuild older)
{
    private const string Stream = "events";
    private const string Ordered = "orders";
    private const int Pods = 3;

    /// <summary>Long enough for shards to move to a silo that joined.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(8);

    /// <summary>Of both builds: what waits for a machine that also builds is not what this is about.</summary>
    private static readonly string[] Config = ["RecordTtl: 2m", $"Streams: {{{Ordered}: {{Ordered: PutRecords}}}}"];

    [PosixFact]
    public async Task AnUpgradeAndTheWayBack_UnderLoad_WithReshards_LoseNothing_AndKeepTheOrder()
    {
        await older.MakeAsync();
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=4", $"{Ordered}=4"]);
        await cluster.Kinesis.ReshardsAsync("""{"cut_over_delay":60,"cut_over_spacing":30,"updating_time":50,"list_shards_lag":150}""");
        var before = new PodBuild(PodStandIn.RenderOf(older.Chart, cluster, Config), older.Silo);
        var after = new PodBuild(PodStandIn.Render(cluster, Config));
        using var endpoints = new LaggingEndpoints(TimeSpan.FromSeconds(2));
        using var http = new HttpClient(endpoints) { BaseAddress = new Uri("http://tier"), Timeout = Waiting.Long };
        await using var pods = new PodSet(endpoints);
        for (var i = 0; i < Pods; i++)
            await pods.AddAsync(before);
        await using var client = await ClientHost.StartAsync(cluster.Options, static o => o.ForStream(Ordered, static s => s.Ordered = OrderedMode.PutRecords));
        var admin = ((KplClusterProducer)client.Producer).Admin;
        var pace = TimeSpan.FromMilliseconds(50);
        ClusterLoad[] loads =
        [
            HttpLoad.Start(http, Stream, 4, 20, "delivered", pace), HttpLoad.Start(http, Stream, 4, 20, "persisted", pace),
            CallLoad.Start(client.Producer, Stream, 2, 20),
        ];
        var ordered = new OrderedClusterLoad(client.Producer, Ordered);
        await AllDeliverAsync();

        await pods.RollAsync(after, Settled, () => ReshardAsync(6));
        await AllDeliverAsync();
        await pods.RollAsync(before, Settled, () => ReshardAsync(4));
        // Only silos of the older build are left, with the rows of the newer one.
        await ReshardAsync(6);
        await AllDeliverAsync();

        var told = await Task.WhenAll(loads.Select(static l => l.StopAsync()));
        var inOrder = await ordered.StopAsync();
        Assert.All(told.SelectMany(static t => t), static t => Assert.True(t.IsAcknowledged, t.ToString()));
        Assert.All(inOrder, static t => Assert.True(t.IsDelivered, t.ToString()));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told[0], told[2]);
        await LoadAudit.UntilVisibleAsync(cluster.Kinesis, Stream, told[1]);
        Assert.Equal(0, OrderedClusterLoad.AssertInOrder(await LoadAudit.VisibleAsync(cluster.Kinesis, Ordered), inOrder));
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{OlderBuild.Commit} to here and back: {told.Sum(static t => t.Count)} records, {inOrder.Count} in order; none lost, refused or late");

        Task AllDeliverAsync() => Task.WhenAll([.. loads.Select(static l => l.DeliveredAsync(500)), ordered.DeliveredAsync(500)]);

        async Task ReshardAsync(int shards)
        {
            var started = await admin.SetShardCountAsync(Stream, shards, cancellationToken: TestContext.Current.CancellationToken);
            StreamOperation? now = null;
            await Waiting.UntilAsync(
                async () => (now = await admin.GetOperationAsync(Stream, started.OperationId, TestContext.Current.CancellationToken)).State
                    != OperationState.Running,
                $"{shards} shards");
            Assert.True(now!.State == OperationState.Done, string.Join('\n', now.Events));
        }
    }
}

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>A roll in the chart's order, with the chart's own settings: one silo more, then one that leaves, until all are new.</summary>
[Trait("Category", "Long")]
public sealed class RollTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const string Ordered = "orders";
    private const int Pods = 3;

    /// <summary>How late a list of endpoints may be.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(5);

    [PosixFact]
    public async Task ARoll_UnderLoad_WithEndpointsThatLag_RefusesAndLosesNothing_AndKeepsTheOrder()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=8", $"{Ordered}=4"]);
        var rendered = PodStandIn.Render(cluster, $"Streams: {{{Ordered}: {{Ordered: PutRecords}}}}");
        using var endpoints = new LaggingEndpoints(Lag);
        using var http = new HttpClient(endpoints) { BaseAddress = new Uri("http://tier"), Timeout = Waiting.Long };
        await using var pods = new PodSet(endpoints);
        for (var i = 0; i < Pods; i++)
            await pods.AddAsync(new PodBuild(rendered));
        await using var client = await ClientHost.StartAsync(cluster.Options, static o =>
        {
            // The client's own defaults; the chart's silos have theirs.
            o.RecordTtl = TimeSpan.FromSeconds(30);
            o.ForStream(Ordered, static s => (s.Ordered, s.RecordTtl) = (OrderedMode.PutRecords, TimeSpan.FromSeconds(70)));
        });
        var pace = TimeSpan.FromMilliseconds(50);
        ClusterLoad[] loads =
        [
            HttpLoad.Start(http, Stream, 4, 20, "delivered", pace), HttpLoad.Start(http, Stream, 4, 20, "persisted", pace),
            CallLoad.Start(client.Producer, Stream, 4, 20),
        ];
        var ordered = new OrderedClusterLoad(client.Producer, Ordered);
        await Task.WhenAll(loads.Select(static l => l.DeliveredAsync(500)));

        await pods.RollAsync(new PodBuild(rendered), TimeSpan.FromSeconds(rendered.One("Deployment").Number("spec.minReadySeconds")));

        await Task.WhenAll(loads.Select(static l => l.DeliveredAsync(500)));
        var told = await Task.WhenAll(loads.Select(static l => l.StopAsync()));
        var inOrder = await ordered.StopAsync();
        Assert.All(told.SelectMany(static t => t), static t => Assert.True(t.IsAcknowledged, t.ToString()));
        Assert.All(inOrder, static t => Assert.True(t.IsDelivered, t.ToString()));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told[0], told[2]);
        await LoadAudit.UntilVisibleAsync(cluster.Kinesis, Stream, told[1]);
        Assert.Equal(0, OrderedClusterLoad.AssertInOrder(await LoadAudit.VisibleAsync(cluster.Kinesis, Ordered), inOrder));
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"rolled {Pods} silos: {told.Sum(static t => t.Count)} records by HTTP and the client, {inOrder.Count} in order; none lost, late or refused");
    }
}

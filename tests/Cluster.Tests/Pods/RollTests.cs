using System.Diagnostics;
using System.Globalization;
using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Deploy.Tests.Running;
using Orleans.Kpl.Testing;

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
        var pods = new List<PodStandIn>();
        try
        {
            for (var i = 0; i < Pods; i++)
                await AddAsync(pods, rendered, endpoints);
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
                ClientLoad.Start(client.Producer, Stream, 4, 20),
            ];
            var ordered = new OrderedClusterLoad(client.Producer, Ordered);
            await Task.WhenAll(loads.Select(static l => l.DeliveredAsync(500)));

            await RollAsync(pods, rendered, endpoints);

            await Task.WhenAll(loads.Select(static l => l.DeliveredAsync(500)));
            var told = await Task.WhenAll(loads.Select(static l => l.StopAsync()));
            var inOrder = await ordered.StopAsync();
            Assert.All(told.SelectMany(static t => t), static t => Assert.True(t.IsAcknowledged, t.ToString()));
            Assert.All(inOrder, static t => Assert.True(t.IsDelivered, t.ToString()));
            await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told[0], told[2]);
            await UntilVisibleAsync(cluster, told[1]);
            Assert.Equal(0, OrderedClusterLoad.AssertInOrder(await LoadAudit.VisibleAsync(cluster.Kinesis, Ordered), inOrder));
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"rolled {Pods} silos: {told.Sum(static t => t.Count)} records by HTTP and the client, {inOrder.Count} in order; none lost, late or refused");
        }
        finally
        {
            foreach (var pod in pods)
                await pod.DisposeAsync();
        }
    }

    /// <summary>As a Deployment does with one pod more at a time: the next is started as soon as the last is told to leave.</summary>
    private static async Task RollAsync(List<PodStandIn> pods, HelmRun rendered, LaggingEndpoints endpoints)
    {
        var deployment = rendered.One("Deployment");
        Assert.Equal(("1", "0"), (deployment.Text("spec.strategy.rollingUpdate.maxSurge"), deployment.Text("spec.strategy.rollingUpdate.maxUnavailable")));
        var settled = TimeSpan.FromSeconds(deployment.Number("spec.minReadySeconds"));
        var grace = TimeSpan.FromSeconds(deployment.Number("spec.template.spec.terminationGracePeriodSeconds"));
        var leaving = new List<Task>();
        for (var i = 0; i < Pods; i++)
        {
            await AddAsync(pods, rendered, endpoints);
            await Task.Delay(settled, TestContext.Current.CancellationToken);
            leaving.Add(LeaveAsync(pods[i], endpoints, grace));
        }

        await Task.WhenAll(leaving);
    }

    private static async Task AddAsync(List<PodStandIn> pods, HelmRun rendered, LaggingEndpoints endpoints)
    {
        var pod = await PodStandIn.StartReadyAsync(rendered, PodStandIn.CanConfine);
        pods.Add(pod);
        endpoints.Add(pod.Http);
    }

    private static async Task LeaveAsync(PodStandIn pod, LaggingEndpoints endpoints, TimeSpan grace)
    {
        endpoints.Leave(pod.Http);
        var began = Stopwatch.GetTimestamp();
        await pod.SignalAsync(Signals.Terminate);
        var (code, output, log) = await pod.Process.ExitAsync().WaitAsync(grace, TestContext.Current.CancellationToken);
        Assert.True(code == 0, string.Join('\n', log));
        Assert.Contains(" failed=0 ", output[^1], StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper!.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"left within {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s: {output[^1]}"));
    }

    /// <summary>What was answered as persisted comes in the end.</summary>
    private static Task UntilVisibleAsync(SiloCluster cluster, IReadOnlyList<ToldRecord> told) => Waiting.UntilAsync(
        async () =>
        {
            var seen = await LoadAudit.SeenAsync(cluster.Kinesis, Stream);
            return told.All(t => seen.Contains(ToldRecord.KeyOf(t.Number)));
        }, "every persisted record visible");
}

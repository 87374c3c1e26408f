using System.Globalization;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>
/// An ordered stream whose silos are killed, or stand still and wake up, under the load of one client that pipelines. What the lost silo had
/// is unknown; nothing else is missing or out of order. Its shards are served again when its lease and its last request must be over.
/// </summary>
[Trait("Category", "Long")]
public sealed class OrderedLossTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    /// <summary>How long a silo may send for its ordered shards after it renewed its lease.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A lease counts from its last renewal, not from the loss: a silo renews it every 2 s, a little later on a busy machine.</summary>
    private static readonly TimeSpan LongestSinceRenewal = TimeSpan.FromSeconds(3);


    /// <summary>
    /// The lease and the request time-out, after the silo was declared dead: that takes up to 5 s on a busy machine. One that stands still may be
    /// the client's own: it learns that with its next list of gateways, within another 5 s, and asks for the shards only then.
    /// </summary>
    private static readonly TimeSpan Limit = Lease + RequestTimeout + TimeSpan.FromSeconds(5) + TimeSpan.FromSeconds(5);

    [PosixFact]
    public Task Killed_TheOrderHoldsAndNothingDeliveredIsMissing() => LoseAsync("kill -9", Signals.Kill, TimeSpan.Zero);

    [PosixFact]
    public Task Frozen_TheOrderHoldsAndNothingDeliveredIsMissing() => LoseAsync("frozen", Signals.Stop, TimeSpan.FromSeconds(12));

    private async Task LoseAsync(string what, int signal, TimeSpan frozen)
    {
        await using var cluster = await StartAsync();
        var silos = await cluster.StartSilosAsync(3);
        await using var client = await ClientHost.StartAsync(cluster.Options, o => o.Ordered = OrderedMode.PutRecords);
        await using var connection = await cluster.ConnectAsync();
        var load = new OrderedClusterLoad(client.Producer, Stream);
        var all = (await LoadAudit.RangesAsync(cluster.Kinesis, Stream)).Keys.ToList();
        await load.ServedAsync(all, Stopwatch.GetTimestamp());
        var owned = await connection.UntilShardsAsync(shards => shards.Sum(s => s.Count()) == 6);
        // Something is in flight for every shard when it happens.
        await cluster.Kinesis.ArmAsync("""{"kind":"latency","delay":100}""");
        await load.ServedAsync(all, Stopwatch.GetTimestamp());
        var victim = silos.MaxBy(s => owned[s.Silo.ToString()].Count())!;
        var lost = owned[victim.Silo.ToString()].Select(k => ShardKey.Parse(k).ShardId).ToList();
        victim.Signal(signal);
        var since = Stopwatch.GetTimestamp();
        var wake = Task.Delay(frozen);
        var served = await load.ServedAsync(lost, since);
        if (frozen > TimeSpan.Zero)
        {
            await wake;
            victim.Signal(Signals.Continue);
            Assert.NotEqual(0, (await victim.ExitAsync().WaitAsync(Waiting.Long)).Code);
        }

        await load.ServedAsync(all, Stopwatch.GetTimestamp());
        var told = await load.StopAsync();

        var late = OrderedClusterLoad.AssertInOrder(await LoadAudit.VisibleAsync(cluster.Kinesis, Stream), told);
        Assert.All(told.Where(t => !t.IsDelivered), t => Assert.True(t is { Status: RecordStatus.Unknown, Code: RecordErrorCodes.OwnerLost }, t.ToString()));
        var text = $"{what}: {lost.Count} ordered shards served again after [{Text(served)}] s, at most {Lease.TotalSeconds} s lease + {RequestTimeout.TotalSeconds} s request time-out after the loss is known; "
            + $"{told.Count} records, {told.Count(t => !t.IsDelivered)} unknown, {late} of those appeared late";
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.True(served.Max() <= Limit, text);
    }

    /// <summary>
    /// A shard is closed while its owner stands still: what that one may still send lands in the shards that come of it, and their owners wait for
    /// its lease and its last request.
    /// </summary>
    [PosixFact]
    public async Task Frozen_AndItsShardsAreSplit_TheChildrenWaitForItsLease()
    {
        await using var cluster = await StartAsync();
        var silos = await cluster.StartSilosAsync(3);
        await using var client = await ClientHost.StartAsync(cluster.Options, o => o.Ordered = OrderedMode.PutRecords);
        await using var connection = await cluster.ConnectAsync();
        var load = new OrderedClusterLoad(client.Producer, Stream);
        var all = await LoadAudit.RangesAsync(cluster.Kinesis, Stream);
        await load.ServedAsync(all.Keys, Stopwatch.GetTimestamp());
        var owned = await connection.UntilShardsAsync(shards => shards.Sum(s => s.Count()) == 6);
        await cluster.Kinesis.ArmAsync("""{"kind":"latency","delay":100}""");
        await load.ServedAsync(all.Keys, Stopwatch.GetTimestamp());
        var victim = silos.MaxBy(s => owned[s.Silo.ToString()].Count())!;
        var lost = owned[victim.Silo.ToString()].Select(k => all[ShardKey.Parse(k).ShardId]).ToList();
        victim.Signal(Signals.Stop);
        var since = Stopwatch.GetTimestamp();
        await cluster.Kinesis.CallAsync("UpdateShardCount", $$"""{"StreamName":"{{Stream}}","TargetShardCount":12,"ScalingType":"UNIFORM_SCALING"}""");
        var children = await ChildrenAsync(cluster, all, 12);
        var waiting = children.Where(c => lost.Exists(l => c.Value.Start <= l.End && c.Value.End >= l.Start)).Select(c => c.Key).ToList();
        var served = await load.ServedAsync(waiting, since);
        victim.Signal(Signals.Continue);
        Assert.NotEqual(0, (await victim.ExitAsync().WaitAsync(Waiting.Long)).Code);
        await load.ServedAsync(children.Keys, Stopwatch.GetTimestamp());
        var told = await load.StopAsync();

        OrderedClusterLoad.AssertInOrder(await LoadAudit.VisibleAsync(cluster.Kinesis, Stream), told);
        Assert.All(told.Where(t => !t.IsDelivered), t => Assert.True(t is { Status: RecordStatus.Unknown, Code: RecordErrorCodes.OwnerLost }, t.ToString()));
        var text = $"{waiting.Count} children of {lost.Count} shards served after [{Text(served)}] s; {told.Count} records, {told.Count(t => !t.IsDelivered)} unknown";
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.True(served.Min() >= Lease - LongestSinceRenewal + RequestTimeout, text);
    }

    /// <summary>Clients begin to put at once, while the silos are still coming together and nothing of the stream is served anywhere.</summary>
    [PosixFact]
    public async Task ClientsThatBeginWhileSilosJoin_KeepTheirOrder()
    {
        const int clients = 6;
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=6"], $"--Kpl:Streams:{Stream}:Ordered=PutRecords");
        await cluster.Kinesis.ArmAsync("""{"kind":"latency","delay":100}""");
        await cluster.StartSiloAsync();
        var joining = cluster.StartSilosAsync(2);
        var hosts = new List<ClientHost>();
        try
        {
            var loads = new List<OrderedClusterLoad>();
            for (var client = 0; client < clients; client++)
            {
                if (client == clients / 2)
                    await joining;
                hosts.Add(await ClientHost.StartAsync(cluster.Options, o => o.Ordered = OrderedMode.PutRecords));
                loads.Add(new OrderedClusterLoad(hosts[^1].Producer, Stream, $"client{client}-"));
            }

            await Task.WhenAll(loads.Select(l => l.DeliveredAsync(2_000)));
            var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));
            var visible = await LoadAudit.VisibleAsync(cluster.Kinesis, Stream);

            Assert.All(told.SelectMany(t => t), t => Assert.True(t.IsDelivered, t.ToString()));
            for (var client = 0; client < clients; client++)
                Assert.Equal(0, OrderedClusterLoad.AssertInOrder(visible, told[client], $"client{client}-"));
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }
    }

    private static async Task<Dictionary<string, (UInt128 Start, UInt128 End)>> ChildrenAsync(
        SiloCluster cluster, Dictionary<string, (UInt128 Start, UInt128 End)> former, int count)
    {
        Dictionary<string, (UInt128 Start, UInt128 End)> children = [];
        await Waiting.UntilAsync(async () =>
        {
            children = (await LoadAudit.RangesAsync(cluster.Kinesis, Stream)).Where(r => !former.ContainsKey(r.Key)).ToDictionary();
            return children.Count == count;
        }, $"{count} children");
        return children;
    }

    private Task<SiloCluster> StartAsync() => SiloCluster.CreateAsync(
        dynamoDb, "none", [$"{Stream}=6"], $"--Kpl:Streams:{Stream}:Ordered=PutRecords", $"--Kpl:Streams:{Stream}:RequestTimeout={RequestTimeout.TotalMilliseconds}");

    private static string Text(IEnumerable<TimeSpan> times) =>
        string.Join(' ', times.Order().Select(s => s.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)));
}

using System.Globalization;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>
/// Silos that come and go while each call to Kinesis takes longer than a moving shard waits: nothing expires, nothing is lost or out of order, and
/// no record stays open for longer than the calls that it can meet and the moves of its shard.
/// </summary>
[Trait("Category", "Long")]
public sealed class SlowMoveTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const int Shards = 12;

    private static readonly TimeSpan Call = TimeSpan.FromMilliseconds(1_500);

    /// <summary>
    /// At each of up to two moves a record may wait for the call that is in flight and for the next owner to be found; then for one more call of its shard
    /// and its own. Seconds for the rest: the machine may be busy.
    /// </summary>
    private static readonly TimeSpan Limit = 2 * (Call + TimeSpan.FromSeconds(3)) + 2 * Call;

    [PosixFact]
    public Task OrderedStream_SilosJoinAndLeaveAtOnce_NothingExpiresOrStaysOpen() => JoinAndLeaveAsync(OrderedMode.PutRecords, isManagers: false);

    [PosixFact]
    public Task OrderedStream_SilosJoinAndTheManagersLeaves_NothingExpiresOrStaysOpen() => JoinAndLeaveAsync(OrderedMode.PutRecords, isManagers: true);

    [PosixFact]
    public Task UnorderedStream_SilosJoinAndLeaveAtOnce_NothingExpiresOrStaysOpen() => JoinAndLeaveAsync(OrderedMode.Off, isManagers: false);

    [PosixFact]
    public Task UnorderedStream_SilosJoinAndTheManagersLeaves_NothingExpiresOrStaysOpen() => JoinAndLeaveAsync(OrderedMode.Off, isManagers: true);

    /// <param name="mode">Whether the stream's order is kept.</param>
    /// <param name="isManagers">Whether the silo that leaves is the one of the stream's manager; else it is the one that has just come, while
    /// shards are on their way to it.</param>
    private async Task JoinAndLeaveAsync(OrderedMode mode, bool isManagers)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}={Shards}"], $"--Kpl:Streams:{Stream}:Ordered={mode}");
        var silos = (await cluster.StartSilosAsync(2)).ToList();
        await using var connection = await cluster.ConnectAsync();
        string[] prefixes = ["one-", "two-"];
        var clients = await Task.WhenAll(prefixes.Select(_ => ClientHost.StartAsync(cluster.Options, o => o.Ordered = mode)));
        var loads = clients.Select((c, i) => new OrderedClusterLoad(c.Producer, Stream, prefixes[i])).ToList();
        var all = (await LoadAudit.RangesAsync(cluster.Kinesis, Stream)).Keys.ToList();
        await ServedAsync(loads, all);
        await cluster.Kinesis.ArmAsync($$"""{"kind":"latency","operation":"PutRecords","delay":{{Call.TotalMilliseconds}}}""");
        await ServedAsync(loads, all);
        List<string> gone = [];
        for (var round = 0; round < 2; round++)
        {
            var newcomer = await cluster.StartSiloAsync();
            silos.Add(newcomer);
            await connection.UntilShardsAsync(shards => shards[newcomer.Silo.ToString()].Any());
            if (isManagers)
                await ServedAsync(loads, all);
            var leaving = isManagers ? await ManagersSiloAsync(connection, silos) : newcomer;
            silos.Remove(leaving);
            var since = Stopwatch.GetTimestamp();
            leaving.Signal(Signals.Terminate);
            var (code, output, log) = await leaving.ExitAsync().WaitAsync(Waiting.Long);
            gone.Add($"left in {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s, {output[^1]}");
            Assert.True(code == 0, string.Join('\n', log));
            await ServedAsync(loads, all);
        }

        await cluster.Kinesis.DisarmAsync();
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));
        foreach (var client in clients)
            await client.DisposeAsync();

        var open = told.SelectMany(l => l).Max(t => Stopwatch.GetElapsedTime(t.PutAt, t.ToldAt));
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{mode}, {(isManagers ? "the manager's silo" : "the newcomer")} leaves: {told.Sum(l => l.Count)} records, the longest open for {open.TotalSeconds:0.0} s; {string.Join("; ", gone)}");
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        var others = told.SelectMany(l => l).Where(t => !t.IsDelivered).ToList();
        Assert.True(others.Count == 0, $"{text}; {others.Count} not delivered, such as {others.FirstOrDefault()}");
        var visible = await LoadAudit.VisibleAsync(cluster.Kinesis, Stream);
        for (var i = 0; i < told.Length; i++)
        {
            if (mode == OrderedMode.Off)
                AssertThere(visible, told[i], prefixes[i]);
            else
                Assert.Equal(0, OrderedClusterLoad.AssertInOrder(visible, told[i], prefixes[i]));
        }

        Assert.All(cluster.Silos, s => Assert.DoesNotContain(nameof(ObjectDisposedException), s.Log.ToString(), StringComparison.Ordinal));
        Assert.True(open <= Limit, $"{text}; the limit is {Limit}");
    }

    private static void AssertThere(IReadOnlyList<SeenRecord> visible, IReadOnlyList<ToldRecord> told, string prefix)
    {
        var there = visible.Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(s => s.Data).ToHashSet();
        Assert.All(told, t => Assert.Contains(t.Number.ToString(CultureInfo.InvariantCulture), there));
    }

    /// <summary>Every load has had a record delivered by every shard.</summary>
    private static Task ServedAsync(IEnumerable<OrderedClusterLoad> loads, IReadOnlyCollection<string> shards)
    {
        var since = Stopwatch.GetTimestamp();
        return Task.WhenAll(loads.Select(l => l.ServedAsync(shards, since)));
    }

    private static async Task<SiloProcess> ManagersSiloAsync(ClusterConnection connection, List<SiloProcess> silos)
    {
        var manager = Assert.Single(await connection.ManagersAsync()).Key;
        return Assert.Single(silos, s => s.Silo.ToString() == manager);
    }
}

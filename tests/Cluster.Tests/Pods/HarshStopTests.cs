using System.Globalization;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// A silo that is asked to stop while what it needs is slow, silent or away ends within its <c>StopTimeout</c>, so that nobody has to kill it. What
/// becomes of each record is told nevertheless.
/// </summary>
[Trait("Category", "Long")]
public sealed class HarshStopTests(DynamoDbLocal shared)
{
    private const string Stream = "events";

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(40);

    /// <summary>For the machine: a process is not gone in the moment in which it ends.</summary>
    private static readonly TimeSpan Allowed = TimeSpan.FromSeconds(5);

    [PosixFact]
    public Task AStop_WithCallsOfSixSeconds_EndsInTime() => StopAsync(shared, SlowCallsAsync);

    [PosixFact]
    public Task AStop_BesideASilentPeer_EndsInTime() => StopAsync(shared, SilentPeerAsync);

    [PosixFact]
    public async Task AStop_WhileDynamoDbIsAway_EndsInTime()
    {
        await using var own = DynamoDbLocal.InFiles();
        await StopAsync(own, static (_, _, tables) => FreezeAsync(tables));
    }

    [PosixFact]
    public async Task AStop_WithAllOfThem_EndsInTime()
    {
        await using var own = DynamoDbLocal.InFiles();
        await StopAsync(own, static async (cluster, peer, tables) =>
        {
            await SlowCallsAsync(cluster, peer, tables);
            await SilentPeerAsync(cluster, peer, tables);
            await FreezeAsync(tables);
        });
    }

    private static Task SlowCallsAsync(SiloCluster cluster, PodStandIn peer, DynamoDbLocal tables) =>
        cluster.Kinesis.ArmAsync("""{"kind":"latency","operation":"PutRecords","delay":6000}""");

    private static Task SilentPeerAsync(SiloCluster cluster, PodStandIn peer, DynamoDbLocal tables)
    {
        peer.Signal(Signals.Stop);
        return Task.CompletedTask;
    }

    private static Task FreezeAsync(DynamoDbLocal tables)
    {
        tables.Freeze();
        return Task.CompletedTask;
    }

    private static async Task StopAsync(DynamoDbLocal tables, Func<SiloCluster, PodStandIn, DynamoDbLocal, Task> harm)
    {
        await using var cluster = await SiloCluster.CreateAsync(tables, "none", [$"{Stream}=8"]);
        var rendered = PodStandIn.Render(
            cluster, $"StopTimeout: {StopTimeout.TotalSeconds}s", "DrainTimeout: 20s", "RecordTtl: 60s", "Http: {DrainDelay: 1s}");
        await using var leaving = await PodStandIn.StartReadyAsync(rendered);
        await using var peer = await PodStandIn.StartReadyAsync(rendered);
        // Both kinds of answer are under way, so that the backlog is needed too.
        HttpLoad[] loads = [Load("delivered"), Load("persisted")];
        await Task.WhenAll(loads.Select(static l => l.DeliveredAsync(500)));

        await harm(cluster, peer, tables);
        var began = Stopwatch.GetTimestamp();
        leaving.Signal(Signals.Terminate);
        var (code, output, log) = await leaving.ExitAsync();
        var took = Stopwatch.GetElapsedTime(began) - TimeSpan.FromSeconds(1);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ended with {code} after {took.TotalSeconds:0.0} s: {output[^1]}"));

        Assert.True(took <= StopTimeout + Allowed, $"{took}: {string.Join('\n', log)}");
        Assert.True(code is 0 or 1, $"{code}: {string.Join('\n', log)}");
        var (delivered, failed, backlog) = DrainLine.Parse(output[^1]);
        var told = (await Task.WhenAll(loads.Select(static l => l.StopAsync()))).SelectMany(static t => t);
        Assert.Equal(delivered + failed + backlog, told.Count(static t => !t.WasNotTaken && t.Code != ToldRecord.NoAnswer));

        HttpLoad Load(string ack) => HttpLoad.Start(leaving.Http, Stream, 4, 25, ack, TimeSpan.FromMilliseconds(20));
    }
}

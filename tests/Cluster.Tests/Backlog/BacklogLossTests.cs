using System.Diagnostics;
using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests.Backlog;

/// <summary>Silos that are killed and frozen while callers are told that their records are persisted: none of those is lost.</summary>
public sealed class BacklogLossTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const int Batch = 50;
    private const int AtOnce = 4;

    /// <summary>A silo that has woken up aborts when it has read the table of members.</summary>
    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(30);

    /// <summary>What was put so shortly before a kill may have been in flight, or delivered and not yet marked as such.</summary>
    private static readonly TimeSpan InFlight = TimeSpan.FromSeconds(2);

    [PosixFact]
    public Task Killed_AtRandomPoints_NothingAcknowledgedIsMissing() => KillAsync(kills: 3, seed: 20_261_120);

    [PosixFact]
    [Trait("Category", "Long")]
    public Task Killed_At60RandomPoints_NothingAcknowledgedIsMissing() => KillAsync(kills: 60, seed: Environment.TickCount);

    [PosixFact]
    public async Task AllSilos_KilledWhileKinesisIsDown_TheNextOnesReplayWithoutACall()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=8"]);
        var killed = await cluster.StartSilosAsync(2);
        var loads = killed.Select(Load).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        await cluster.Kinesis.ArmAsync("""{"kind":"outage"}""");
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(2_000)));
        foreach (var silo in killed)
            await silo.KillAsync();
        var told = (await Task.WhenAll(loads.Select(l => l.StopAsync()))).SelectMany(l => l).ToList();
        await cluster.Kinesis.DisarmAsync();

        var silos = await cluster.StartSilosAsync(2);
        var surplus = await BacklogBooks.ArrivedAsync(cluster.Kinesis, Stream, told, silos);

        TestContext.Current.SendDiagnosticMessage($"{told.Count(t => t.IsAcknowledged)} acknowledged, {surplus} twice");
        await using var connection = await cluster.ConnectAsync();
        var ledger = await BacklogBooks.SettledAsync(connection, Stream);
        Assert.Equal((ledger.Accepted, 0L, 0L), (ledger.Delivered, ledger.Failed, ledger.Unknown));
        Assert.InRange(ledger.Delivered, 4_000, told.Count);
    }

    [PosixFact]
    public async Task Frozen_BeyondItsDeath_ItWritesNothingMoreAndNothingAcknowledgedIsMissing()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=8"]);
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(Load).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(1_000)));
        // What the frozen one has persisted and not delivered is what matters here.
        await cluster.Kinesis.ArmAsync("""{"kind":"outage"}""");
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        silos[0].Signal(Signals.Stop);
        await silos[1].LogAsync("is replayed here");
        await cluster.Kinesis.DisarmAsync();
        await loads[1].DeliveredAsync(1_000);
        silos[0].Signal(Signals.Continue);
        var (code, _, _) = await silos[0].ExitAsync().WaitAsync(AbortLimit);
        var told = (await Task.WhenAll(loads.Select(l => l.StopAsync()))).SelectMany(l => l).ToList();

        Assert.NotEqual(0, code);
        var surplus = await BacklogBooks.ArrivedAsync(cluster.Kinesis, Stream, told, silos);
        TestContext.Current.SendDiagnosticMessage($"{told.Count(t => t.IsAcknowledged)} acknowledged, {surplus} twice");
    }

    private async Task KillAsync(int kills, int seed)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=8"]);
        var random = new Random(seed);
        List<SiloProcess> silos = [.. await cluster.StartSilosAsync(2)];
        var loads = silos.ToDictionary(s => s, Load);
        var ended = new List<Load>();
        var killedAt = new List<long>();
        for (var kill = 0; kill < kills; kill++)
        {
            await Task.WhenAll(loads.Values.Select(l => l.DeliveredAsync(Batch * AtOnce)));
            await Task.Delay(random.Next(1_500), TestContext.Current.CancellationToken);
            var victim = silos[random.Next(silos.Count)];
            killedAt.Add(Stopwatch.GetTimestamp());
            await victim.KillAsync();
            silos.Remove(victim);
            loads.Remove(victim, out var load);
            ended.Add(load!);
            var next = await cluster.StartSiloAsync();
            silos.Add(next);
            loads[next] = Load(next);
        }

        await Task.WhenAll(loads.Values.Select(l => l.DeliveredAsync(Batch * AtOnce)));
        var told = (await Task.WhenAll(ended.Concat(loads.Values).Select(l => l.StopAsync()))).SelectMany(l => l).ToList();

        var surplus = await BacklogBooks.ArrivedAsync(cluster.Kinesis, Stream, told, silos);
        var inFlight = told.Count(t => killedAt.Any(k => t.PutAt <= k + Ticks(TimeSpan.FromSeconds(1)) && t.ToldAt >= k - Ticks(InFlight)));
        TestContext.Current.SendDiagnosticMessage($"seed {seed}: {kills} kills, {told.Count(t => t.IsAcknowledged)} acknowledged, {surplus} twice, {inFlight} put shortly before");
        Assert.InRange(surplus, 0, inFlight);
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private static Load Load(SiloProcess silo) => HttpLoad.Start(silo, Stream, AtOnce, Batch, ack: "persisted");
}

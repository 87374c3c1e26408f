namespace Orleans.Kpl.Cluster.Tests.Backlog;

/// <summary>Silos that are killed and frozen while callers are told that their records are persisted: none of those is lost.</summary>
public sealed class BacklogLossTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const int Seed = 20_261_120;

    [PosixFact]
    public Task Killed_AtRandomPoints_NothingAcknowledgedIsMissing() => KillAsync(silos: 3, kills: 2);

    [PosixFact]
    [Trait("Category", "Long")]
    public Task Killed_At200RandomPoints_NothingAcknowledgedIsMissing() => KillAsync(silos: 6, kills: 200);

    /// <summary>
    /// Nobody calls the next silos for the stream of the backlog. They have other ports, and the table of members has the killed ones for active. A client of
    /// another stream outlives them all.
    /// </summary>
    [PosixFact]
    public async Task AllSilos_KilledWhileKinesisIsDown_TheNextOnesReplayWithoutACall_AndTakeRecordsAgain()
    {
        const string Lasting = "lasting", Fresh = "fresh";
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=8", $"{Lasting}=2", $"{Fresh}=4"]);
        var killed = await cluster.StartSilosAsync(2);
        var loads = killed.Select(Load).ToList();
        var before = killed.Select(s => HttpLoad.Start(s, Fresh)).ToList();
        await using var client = await ClientHost.StartAsync(cluster.Options);
        var lasting = CallLoad.Start(client.Producer, Lasting, atOnce: 4, batch: 50);
        await Task.WhenAll([.. loads.Select(l => l.DeliveredAsync(500)), .. before.Select(l => l.DeliveredAsync(500)), lasting.DeliveredAsync(500)]);
        await cluster.Kinesis.ArmAsync("""{"kind":"outage"}""");
        var away = Stopwatch.GetTimestamp();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(2_000)));
        foreach (var silo in killed)
            await silo.KillAsync();
        var told = (await Task.WhenAll(loads.Select(l => l.StopAsync()))).SelectMany(l => l).ToList();
        var toldBefore = await Task.WhenAll(before.Select(l => l.StopAsync()));
        await cluster.Kinesis.DisarmAsync();

        var silos = await cluster.StartSilosAsync(2);
        var surplus = await BacklogAudit.ArrivedAsync(cluster.Kinesis, Stream, told, silos);

        TestContext.Current.SendDiagnosticMessage($"{told.Count(t => t.IsAcknowledged)} acknowledged, {surplus} twice");
        await using var connection = await cluster.ConnectAsync();
        var ledger = await BacklogAudit.SettledAsync(connection, Stream);
        Assert.Equal((ledger.Accepted, 0L, 0L), (ledger.Delivered, ledger.Failed, ledger.Unknown));
        // What was put before the outage may have been delivered before it.
        Assert.InRange(ledger.Delivered, told.Count(t => t.IsAcknowledged && t.PutAt > away), told.Count);
        foreach (var silo in silos)
        {
            await using var own = await ClusterConnection.OpenAsync(cluster.Options, silo);
            await MetricsAudit.AssertOwnAsync(silo, Stream, (await own.StatusAsync(Stream)).Ledger);
        }

        await MetricsAudit.AssertPutAsync(silos, Stream, ledger);

        var after = silos.Select(s => HttpLoad.Start(s, Fresh)).ToList();
        await Task.WhenAll(after.Append<ClusterLoad>(lasting).Select(l => l.DeliveredAsync(1_000)));
        var (toldAfter, toldLasting) = (await Task.WhenAll(after.Select(l => l.StopAsync())), await lasting.StopAsync());
        Assert.All(toldBefore, l => Assert.Contains(l, t => t.Code == ToldRecord.NoAnswer));
        Assert.All(toldAfter.SelectMany(l => l), t => Assert.True(t.IsDelivered, t.ToString()));
        Assert.All(toldLasting.Where(t => !t.IsDelivered), t => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (t.Status, t.Code)));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Fresh, [.. toldBefore, .. toldAfter]);
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Lasting, toldLasting);
        await LoadAudit.AssertLedgersAsync(cluster.Options, silos, Fresh, toldAfter);
        await connection.UntilShardsAsync(shards => shards.Sum(s => s.Count()) == 14);
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
        var (code, _, _) = await silos[0].ExitAsync().WaitAsync(Waiting.Long);
        var told = (await Task.WhenAll(loads.Select(l => l.StopAsync()))).SelectMany(l => l).ToList();

        Assert.NotEqual(0, code);
        var surplus = await BacklogAudit.ArrivedAsync(cluster.Kinesis, Stream, told, silos);
        TestContext.Current.SendDiagnosticMessage($"{told.Count(t => t.IsAcknowledged)} acknowledged, {surplus} twice");
    }

    private async Task KillAsync(int silos, int kills)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=8"]);
        var run = new KillRun(cluster, Stream, kills, Seed);
        await run.RunAsync(silos);

        var surplus = await BacklogAudit.ArrivedAsync(cluster.Kinesis, Stream, run.Told, run.Living);
        var inFlight = run.CountInFlight();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"seed {Seed}: {kills} kills of {silos} silos in {run.Took.TotalSeconds:0} s, {run.Told.Count(t => t.IsAcknowledged)} acknowledged, 0 missing, {surplus} twice, {inFlight} of killed silos in flight");
        Assert.Equal(kills, run.Kills);
        Assert.InRange(surplus, 0, inFlight);
    }

    private static ClusterLoad Load(SiloProcess silo) => HttpLoad.Start(silo, Stream, ack: "persisted");
}

namespace Orleans.Kpl.Cluster.Tests.Backlog;

/// <summary>DynamoDB, Kinesis, or both away for a while: what was acknowledged arrives.</summary>
public sealed class BacklogOutageTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const string Other = "others";

    [PosixFact]
    public async Task DynamoDbAway_PersistedRecordsAreDeliveredInstead_BothAway_CallersWait_AndNothingIsLost()
    {
        await using var own = new DynamoDbLocal();
        await using var cluster = await SiloCluster.CreateAsync(own, "none", [$"{Stream}=4"], "--Kpl:BackoffMax=500ms");
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(Load).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        own.Freeze();
        var frozen = Stopwatch.GetTimestamp();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(400)));
        var away = loads.SelectMany(l => l.Told).Where(t => t.PutAt > frozen).ToList();
        own.Thaw();
        Assert.NotEmpty(away);
        Assert.All(away, t => Assert.True(t.IsDelivered, t.ToString()));

        await Task.WhenAll(loads.Select(PersistedAgainAsync));
        await cluster.Kinesis.ArmAsync("""{"kind":"outage"}""");
        own.Freeze();
        await Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
        // What was under way may still be told, on a slow machine; then nobody is told anything.
        await Waiting.UntilAsync(async () =>
        {
            var waiting = loads.Select(l => l.Told.Count).ToList();
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            return waiting.SequenceEqual(loads.Select(l => l.Told.Count));
        }, "all callers wait");
        own.Thaw();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(200)));
        await cluster.Kinesis.DisarmAsync();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        var told = (await Task.WhenAll(loads.Select(l => l.StopAsync()))).SelectMany(l => l).ToList();

        Assert.All(told, t => Assert.True(t.IsAcknowledged, t.ToString()));
        await BacklogAudit.ArrivedAsync(cluster.Kinesis, Stream, told, silos);
    }

    [PosixFact]
    public Task SigTerm_WhileKinesisIsAway_TheRestIsTheOthers() => DrainAsync(TimeSpan.FromSeconds(5));

    [PosixFact]
    [Trait("Category", "Long")]
    public Task SigTerm_InAMinuteWithoutKinesis_TheRestIsTheOthers() => DrainAsync(TimeSpan.FromMinutes(1));

    private async Task DrainAsync(TimeSpan outage)
    {
        await using var cluster = await SiloCluster.CreateAsync(
            dynamoDb, "none", [$"{Stream}=8", $"{Other}=2"], "--Kpl:HighWaterMode=Spill", "--Kpl:DrainTimeout=2s");
        var silos = await cluster.StartSilosAsync(2);
        await using var leaving = await ClusterConnection.OpenAsync(cluster.Options, silos[0]);
        var loads = silos.Select(Load).ToList();
        // Nobody asks for these to be persisted; the stream spills, so they are when there is no time left.
        var delivering = HttpLoad.Start(silos[0], Other, atOnce: 2, batch: 20);
        await Task.WhenAll(loads.Append(delivering).Select(l => l.DeliveredAsync(500)));
        await cluster.Kinesis.ArmAsync("""{"kind":"outage"}""");
        var away = Stopwatch.GetTimestamp();
        var over = Task.Delay(outage, TestContext.Current.CancellationToken);
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(1_000)));
        // Of a call that two shards take, one part may have been delivered before the outage: the callers wait for any number of records.
        await Waiting.UntilAsync(async () => (await leaving.StatusAsync(Other)).Ledger.InFlight > 0);
        var asked = Stopwatch.GetTimestamp();
        silos[0].Signal(Signals.Terminate);
        var (code, output, log) = await silos[0].ExitAsync();
        await over;
        await cluster.Kinesis.DisarmAsync();
        await loads[1].DeliveredAsync(500);
        var toBeDelivered = await delivering.StopAsync();
        var (toBePersisted, ofTheOther) = (await loads[0].StopAsync(), await loads[1].StopAsync());
        List<ToldRecord> ofTheLeaving = [.. toBePersisted, .. toBeDelivered];

        Assert.True(code == 0, string.Join('\n', log));
        var drained = DrainLine.Parse(output[^1]);
        Assert.Equal(0, drained.Failed);
        // Everything that the silo accepted, and nothing else, was told as safe; who came when it was gone got no answer.
        Assert.Equal(ofTheLeaving.Count(t => t.IsAcknowledged), drained.Delivered + drained.Backlog);
        Assert.All(ofTheLeaving, t => Assert.True(t.IsAcknowledged || t.Code is ToldRecord.Refused or ToldRecord.NoAnswer, t.ToString()));
        Assert.All(ofTheOther, t => Assert.True(t.IsAcknowledged, t.ToString()));
        // What was put before the outage may have been delivered before it.
        var kept = ofTheLeaving.Count(t => t.IsAcknowledged && t.PutAt > away);
        Assert.True(kept > 0 && drained.Backlog >= kept, $"{output[^1]}, {kept} of the outage");
        // Not those that expired before: where the table was silent as the outage began, the loads stand until their records do.
        Assert.Contains(toBeDelivered, t => t.Status == RecordStatus.Persisted && t.ToldAt > asked);
        await BacklogAudit.ArrivedAsync(cluster.Kinesis, Stream, [.. toBePersisted, .. ofTheOther], silos);
        await BacklogAudit.ArrivedAsync(cluster.Kinesis, Other, toBeDelivered, silos);
    }

    /// <summary>The store heals by itself, soon.</summary>
    private static async Task PersistedAgainAsync(ClusterLoad load)
    {
        using var limit = new CancellationTokenSource(Waiting.Long);
        while (load.Told.TakeLast(100).All(static t => t.Status != RecordStatus.Persisted))
        {
            limit.Token.ThrowIfCancellationRequested();
            await load.DeliveredAsync(200);
        }
    }

    private static ClusterLoad Load(SiloProcess silo) => HttpLoad.Start(silo, Stream, ack: "persisted");
}

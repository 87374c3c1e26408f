namespace Orleans.Kpl.Cluster.Tests.Backlog.Minutes;

/// <summary>
/// Kinesis, its key, DynamoDB, or both away for minutes of real time, with silos and with an embedded producer, under a trickle. The cases run at the same
/// time, each with processes of its own: they mostly wait.
/// </summary>
[Trait("Category", "Long")]
public sealed class MinutesTests(DynamoDbLocal dynamoDb, ITestOutputHelper output)
{
    private const string Stream = FrontLoad.Stream;

    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan KeyDisabled = TimeSpan.FromMinutes(10);

    /// <summary>Everything that remained was in the backlog long before: nobody waits for <c>DrainTimeout</c>, 10 s here.</summary>
    private static readonly TimeSpan SoonDrained = TimeSpan.FromSeconds(8);

    /// <summary>
    /// The drain, and what Orleans has to leave its cluster; without a table of members it would go on trying for minutes. And the machine is busy.
    /// </summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(10 + 30 + 20);

    [PosixFact]
    public async Task AwayForMinutes_NothingAcknowledgedIsMissing_AndAllHealsByItself()
    {
        (string Name, Func<Task<string>> Run)[] cases =
        [
            ("silos, a key disabled for ten minutes", SilosKeyDisabledAsync),
            ("embedded, a key disabled for ten minutes, stopped and killed meanwhile", EmbeddedKeyDisabledAsync),
            ("silos, both away", SilosBothAwayAsync),
            ("silos, DynamoDB refuses connections", SilosDynamoDbAwayAsync),
            ("silos, Kinesis away, one stopped and replaced meanwhile", SilosKinesisAwayAsync),
            ("embedded, Kinesis away", EmbeddedKinesisAwayAsync),
        ];
        var failures = await Task.WhenAll(cases.Select(c => TryAsync(c.Name, c.Run)));

        Assert.Empty(failures.OfType<string>());
    }

    private async Task<string?> TryAsync(string name, Func<Task<string>> run)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var told = await run();
            output.WriteLine($"{name}: {told} ({clock.Elapsed.TotalSeconds:0} s)");
            return null;
        }
        catch (Exception e)
        {
            output.WriteLine($"{name}: {e}");
            return $"{name}: {e.Message}";
        }
    }

    private async Task<string> SilosKinesisAwayAsync()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=4"], FrontLoad.Settings);
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(s => new FrontLoad(s)).ToList();
        await AcknowledgedAsync(loads);
        await cluster.Kinesis.ArmAsync(Away);
        var over = For(Outage);
        await Task.WhenAll(loads.Select(l => l.SpillsAsync()));
        await For(Outage / 3);
        var drained = await StopAsync(silos[0]);
        var next = await cluster.StartSiloAsync();
        loads.Add(new FrontLoad(next));
        await AcknowledgedAsync(loads[1..]);
        await over;
        await Task.WhenAll(loads[1..].Select(l => l.HealsAsync()));
        return await EndAsync(cluster.Kinesis, loads, [silos[1], next]) + $", drained in {drained.TotalSeconds:0.0} s";
    }

    private async Task<string> SilosKeyDisabledAsync()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=4"], FrontLoad.Settings);
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(s => new FrontLoad(s)).ToList();
        await AcknowledgedAsync(loads);
        await cluster.Kinesis.ArmAsync(DisabledKey);
        var over = For(KeyDisabled);
        await Task.WhenAll(loads.Select(l => l.SpillsAsync()));
        await AcknowledgedAsync(loads);
        await over;
        await Task.WhenAll(loads.Select(l => l.HealsAsync()));
        return await EndAsync(cluster.Kinesis, loads, silos);
    }

    private async Task<string> SilosDynamoDbAwayAsync()
    {
        await using var own = DynamoDbLocal.InFiles();
        await using var cluster = await SiloCluster.CreateAsync(own, "none", [$"{Stream}=4"], FrontLoad.Settings);
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(s => new FrontLoad(s)).ToList();
        await AcknowledgedAsync(loads);
        await own.KillAsync();
        var over = For(Outage);
        // Delivered is as good as persisted.
        await AcknowledgedAsync(loads);
        await over;
        await AcknowledgedAsync(loads);
        await own.StartAgainAsync();
        await Task.WhenAll(loads.Select(l => l.HealsAsync()));
        return await EndAsync(cluster.Kinesis, loads, silos);
    }

    private async Task<string> SilosBothAwayAsync()
    {
        await using var own = DynamoDbLocal.InFiles();
        await using var cluster = await SiloCluster.CreateAsync(own, "none", [$"{Stream}=4"], FrontLoad.Settings);
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(s => new FrontLoad(s)).ToList();
        await AcknowledgedAsync(loads);
        await cluster.Kinesis.ArmAsync(Away);
        await Task.WhenAll(loads.Select(l => l.SpillsAsync()));
        await own.KillAsync();
        var over = For(Outage);
        await For(Outage / 3);
        var drained = await StopAsync(silos[0]);
        await over;
        await own.StartAgainAsync();
        await loads[1].HealsAsync();
        var next = await cluster.StartSiloAsync();
        loads.Add(new FrontLoad(next));
        await loads[2].HealsAsync();
        return await EndAsync(cluster.Kinesis, loads, [silos[1], next]) + $", drained in {drained.TotalSeconds:0.0} s";
    }

    private async Task<string> EmbeddedKinesisAwayAsync()
    {
        await using var kinesis = await KinesisProcess.StartAsync("none", $"{Stream}=4");
        using var folder = new TemporaryFolder();
        await using var process = await StartEmbeddedAsync(kinesis, folder);
        var load = new FrontLoad(process.Http);
        await load.AcknowledgedAsync();
        await kinesis.ArmAsync(Away);
        var over = For(Outage);
        await load.SpillsAsync();
        await load.AcknowledgedAsync();
        await over;
        await load.HealsAsync();
        return await EndAsync(kinesis, [load], []);
    }

    private async Task<string> EmbeddedKeyDisabledAsync()
    {
        await using var kinesis = await KinesisProcess.StartAsync("none", $"{Stream}=4");
        using var folder = new TemporaryFolder();
        await using var stopped = await StartEmbeddedAsync(kinesis, folder);
        List<FrontLoad> loads = [new(stopped.Http)];
        await loads[0].AcknowledgedAsync();
        await kinesis.ArmAsync(DisabledKey);
        var over = For(KeyDisabled);
        await loads[0].SpillsAsync();
        await For(KeyDisabled / 3);
        var clock = Stopwatch.StartNew();
        stopped.Signal(Signals.Terminate);
        var (code, lines, _) = await stopped.ExitAsync();
        var drained = clock.Elapsed;
        Assert.True(code == 0 && drained < SoonDrained, $"{code} after {drained}: {lines[^1]}");

        await using var killed = await StartEmbeddedAsync(kinesis, folder);
        loads.Add(new(killed.Http));
        await loads[1].SpillsAsync();
        await For(KeyDisabled / 3);
        killed.Signal(Signals.Kill);
        await killed.ExitAsync();

        await using var lasting = await StartEmbeddedAsync(kinesis, folder);
        loads.Add(new(lasting.Http));
        await loads[2].SpillsAsync();
        await over;
        await loads[2].HealsAsync();
        return await EndAsync(kinesis, loads, []) + $", drained in {drained.TotalSeconds:0.0} s";
    }

    /// <summary>They end by themselves: nobody reaches an endpoint that is away to say so.</summary>
    private static string Away => $$"""{"kind":"outage","for":{{Outage.TotalMilliseconds}}}""";

    private static string DisabledKey => $$"""{"kind":"error","operation":"PutRecords","type":"KMSDisabledException","for":{{KeyDisabled.TotalMilliseconds}}}""";

    /// <summary>So much real time, because that is what is tested.</summary>
    private static Task For(TimeSpan time) => Task.Delay(time, TestContext.Current.CancellationToken);

    private static Task AcknowledgedAsync(IEnumerable<FrontLoad> loads) => Task.WhenAll(loads.Select(l => l.AcknowledgedAsync()));

    private static async Task<TimeSpan> StopAsync(SiloProcess silo)
    {
        var clock = Stopwatch.StartNew();
        silo.Signal(Signals.Terminate);
        var (code, lines, log) = await silo.ExitAsync();
        Assert.True(code == 0, string.Join('\n', log));
        Assert.StartsWith("drained ", lines[^1], StringComparison.Ordinal);
        Assert.True(clock.Elapsed < LongestStop, $"{clock.Elapsed}: {string.Join('\n', log)}");
        return clock.Elapsed;
    }

    /// <summary>A process with an embedded producer; the next one over its folder has its backlog.</summary>
    private static Task<LocalProcess> StartEmbeddedAsync(KinesisProcess kinesis, TemporaryFolder folder) =>
        LocalProcess.StartReadyAsync(["--kinesis-endpoint", kinesis.Url.AbsoluteUri, "--data", folder.Path, .. FrontLoad.Settings]);

    private static async Task<string> EndAsync(KinesisProcess kinesis, IEnumerable<FrontLoad> loads, IEnumerable<SiloProcess> silos)
    {
        var told = (await Task.WhenAll(loads.Select(l => l.StopAsync()))).SelectMany(t => t).ToList();
        var surplus = await BacklogAudit.ArrivedAsync(kinesis, Stream, told, silos);
        var others = told.Where(t => !t.IsAcknowledged).CountBy(t => $"{t.Status} {t.Code}");
        return $"{told.Count(t => t.IsAcknowledged)} acknowledged ({told.Count(t => t.Status == RecordStatus.Persisted)} persisted), 0 missing, {surplus} twice; "
            + $"not acknowledged: {string.Join(", ", others.Select(o => $"{o.Value} {o.Key}"))}";
    }
}

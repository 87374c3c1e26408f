using System.Text.RegularExpressions;
using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests.Backlog;

/// <summary>DynamoDB, Kinesis, or both away for a while: what was acknowledged arrives.</summary>
public sealed partial class BacklogOutageTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    [PosixFact]
    public async Task DynamoDb_Away_PersistedRecordsAreDeliveredInstead()
    {
        await using var own = new DynamoDbLocal();
        await using var cluster = await SiloCluster.CreateAsync(own, "none", [$"{Stream}=4"]);
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(Load).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        own.Freeze();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(200)));
        var before = loads.SelectMany(l => l.Told).Count();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(200)));
        var away = loads.SelectMany(l => l.Told).Skip(before).ToList();
        own.Thaw();
        await Task.WhenAll(loads.Select(PersistedAgainAsync));
        var told = (await Task.WhenAll(loads.Select(l => l.StopAsync()))).SelectMany(l => l).ToList();

        Assert.Contains(away, t => t.IsDelivered);
        Assert.All(told, t => Assert.True(t.IsAcknowledged, t.ToString()));
        await BacklogBooks.ArrivedAsync(cluster.Kinesis, Stream, told, silos);
    }

    [PosixFact]
    public async Task BothAway_CallersWaitAndNothingIsLost()
    {
        await using var own = new DynamoDbLocal();
        await using var cluster = await SiloCluster.CreateAsync(own, "none", [$"{Stream}=4"], "--Kpl:BackoffMax=500ms");
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(Load).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        await cluster.Kinesis.ArmAsync("""{"kind":"outage"}""");
        own.Freeze();
        await Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
        var waiting = loads.Select(l => l.Told.Count).ToList();
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.Equal(waiting, loads.Select(l => l.Told.Count));
        own.Thaw();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(200)));
        await cluster.Kinesis.DisarmAsync();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        var told = (await Task.WhenAll(loads.Select(l => l.StopAsync()))).SelectMany(l => l).ToList();

        Assert.All(told, t => Assert.True(t.IsAcknowledged, t.ToString()));
        await BacklogBooks.ArrivedAsync(cluster.Kinesis, Stream, told, silos);
    }

    [PosixFact]
    public Task SigTerm_WhileKinesisIsAway_TheRestIsTheOthers() => DrainAsync(TimeSpan.FromSeconds(5));

    [PosixFact]
    [Trait("Category", "Long")]
    public Task SigTerm_InAMinuteWithoutKinesis_TheRestIsTheOthers() => DrainAsync(TimeSpan.FromMinutes(1));

    private async Task DrainAsync(TimeSpan outage)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=8"], "--Kpl:HighWaterMode=Spill", "--Kpl:DrainTimeout=2s");
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(Load).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        await cluster.Kinesis.ArmAsync("""{"kind":"outage"}""");
        var over = Task.Delay(outage, TestContext.Current.CancellationToken);
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(1_000)));
        // Nobody asked for these to be persisted; the stream spills, so they are when there is no time left.
        var delivering = HttpLoad.Start(silos[0], Stream, atOnce: 2, batch: 20);
        while (delivering.Put < 40)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        silos[0].Signal(Signals.Terminate);
        var (code, output, log) = await silos[0].ExitAsync();
        await over;
        await cluster.Kinesis.DisarmAsync();
        await loads[1].DeliveredAsync(500);
        var told = (await Task.WhenAll(loads.Append(delivering).Select(l => l.StopAsync()))).SelectMany(l => l).ToList();

        Assert.True(code == 0, string.Join('\n', log));
        var drained = Drained().Match(output[^1]);
        Assert.True(drained.Success, output[^1]);
        Assert.Equal("0", drained.Groups["failed"].Value);
        Assert.True(int.Parse(drained.Groups["backlog"].Value, System.Globalization.CultureInfo.InvariantCulture) >= 1_000, output[^1]);
        Assert.All(told, t => Assert.True(t.IsAcknowledged || t.Code == ToldRecord.Refused, t.ToString()));
        await BacklogBooks.ArrivedAsync(cluster.Kinesis, Stream, told, silos);
    }

    /// <summary>The store heals by itself, soon.</summary>
    private static async Task PersistedAgainAsync(Load load)
    {
        using var limit = new CancellationTokenSource(Loads.Load.Long);
        while (load.Told.TakeLast(100).All(static t => t.Status != RecordStatus.Persisted))
        {
            limit.Token.ThrowIfCancellationRequested();
            await load.DeliveredAsync(200);
        }
    }

    private static Load Load(SiloProcess silo) => HttpLoad.Start(silo, Stream, ack: "persisted");

    [GeneratedRegex("^drained delivered=[0-9]+ failed=(?<failed>[0-9]+) backlog=(?<backlog>[0-9]+) seconds=")]
    private static partial Regex Drained();
}

using System.Text.Json;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>Silos that come and go in order, under load: nothing fails.</summary>
public sealed class SiloDrainTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const int Shards = 64;

    [PosixFact]
    public async Task SigTerm_With10000OpenDeliveries_EveryRecordIsDelivered()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"], "--Kpl:RequestTimeout=1m");
        var silos = await cluster.StartSilosAsync(2);
        var staying = HttpLoad.Start(silos[1], Stream);
        await staying.DeliveredAsync(1_000);
        // So long that a slow machine has taken them all in before the first of them is delivered.
        await cluster.Kinesis.ArmAsync("""{"kind":"latency","operation":"PutRecords","delay":5000}""");
        var leaving = HttpLoad.Start(silos[0], Stream, atOnce: 40, batch: 300);
        await OutstandingAsync(silos[0], 10_000);
        silos[0].Signal(Signals.Terminate);
        var (code, output, log) = await silos[0].ExitAsync();
        await cluster.Kinesis.DisarmAsync();
        await staying.DeliveredAsync(2_000);
        var told = await Task.WhenAll(leaving.StopAsync(), staying.StopAsync());

        Assert.True(code == 0, string.Join('\n', log));
        Assert.True(AssertDrained(told[0], output[^1]) >= 10_000, output[^1]);
        Assert.All(told[1], t => Assert.True(t.IsDelivered, t.ToString()));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await LoadAudit.AssertLedgersAsync(cluster.Options, [silos[1]], Stream, told[1]);
    }

    [PosixFact]
    public async Task OneOfThree_Leaves_UnderLoad_NothingFailsAndTheOthersShardsStay()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"]);
        var silos = await cluster.StartSilosAsync(3);
        var loads = silos.Select(s => HttpLoad.Start(s, Stream)).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(1_000)));
        await using var connection = await cluster.ConnectAsync();
        var before = await connection.UntilShardsAsync(shards => shards.Sum(s => s.Count()) == 12);
        silos[0].Signal(Signals.Terminate);
        var (code, output, log) = await silos[0].ExitAsync();
        // It has said so itself: nobody has to find out.
        Assert.Equal(2, await connection.CountGatewaysAsync());
        await Task.WhenAll(loads.Skip(1).Select(l => l.DeliveredAsync(3_000)));
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));

        Assert.True(code == 0, string.Join('\n', log));
        AssertDrained(told[0], output[^1]);
        Assert.All(told.Skip(1).SelectMany(l => l), t => Assert.True(t.IsDelivered, t.ToString()));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await LoadAudit.AssertLedgersAsync(cluster.Options, silos.Skip(1), Stream, [.. told.Skip(1)]);
        await connection.UntilShardsAsync(shards => shards.Sum(s => s.Count()) == 12);
        await ShardLog.AssertStayedAsync(before, silos.Skip(1));
    }

    [PosixFact]
    public async Task ASilo_Joins_UnderLoad_TakesItsShareAndNothingFails()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}={Shards}"]);
        var first = await cluster.StartSiloAsync();
        await using var connection = await cluster.ConnectAsync();
        var loads = new List<ClusterLoad> { HttpLoad.Start(first, Stream), CallLoad.Start(connection, Stream) };
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(1_000)));
        var second = await cluster.StartSiloAsync();
        loads.Add(HttpLoad.Start(second, Stream));
        // They move a few at a time. A share is half of them, and nobody keeps more than one above it.
        const int least = (Shards / 2) - 1;
        await connection.UntilShardsAsync(shards => shards.Count == 2 && shards.Sum(s => s.Count()) == Shards && shards.All(s => s.Count() >= least));
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(2_000)));
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));

        Assert.All(told.SelectMany(l => l), t => Assert.True(t.IsDelivered, t.ToString()));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await LoadAudit.AssertLedgersAsync(cluster.Options, [first, second], Stream, told);
    }

    /// <summary>
    /// Every record that the silo has accepted was told its caller as delivered: their counts are the same. All others it turned away, or they
    /// came when it was gone.
    /// </summary>
    private static int AssertDrained(IReadOnlyList<ToldRecord> told, string last)
    {
        var delivered = told.Count(t => t.IsDelivered);
        Assert.StartsWith($"drained delivered={delivered} failed=0 backlog=0 seconds=", last, StringComparison.Ordinal);
        Assert.All(told.Where(t => !t.IsDelivered), t => Assert.True(t.Code is ToldRecord.Refused or ToldRecord.NoAnswer, t.ToString()));
        return delivered;
    }

    private static Task OutstandingAsync(SiloProcess silo, int records) => Waiting.UntilAsync(async () =>
    {
        var (_, health) = await silo.GetAsync("/health");
        return JsonDocument.Parse(health).RootElement.GetProperty("outstanding_records").GetInt64() >= records;
    });
}

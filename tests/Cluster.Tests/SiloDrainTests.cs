using System.Text.Json;
using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>Silos that come and go in order, under load: nothing fails.</summary>
public sealed class SiloDrainTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    [PosixFact]
    public async Task SigTerm_With10000OpenDeliveries_EveryRecordIsDelivered()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"]);
        var silos = await cluster.StartSilosAsync(2);
        var staying = HttpLoad.Start(silos[1], Stream);
        await staying.DeliveredAsync(1_000);
        await cluster.Kinesis.ArmAsync("""{"kind":"latency","delay":1500}""");
        var leaving = HttpLoad.Start(silos[0], Stream, atOnce: 40, batch: 300);
        await OutstandingAsync(silos[0], 10_000);
        silos[0].Signal(Signals.Terminate);
        var (code, output, log) = await silos[0].ExitAsync();
        await cluster.Kinesis.DisarmAsync();
        await staying.DeliveredAsync(2_000);
        var told = await Task.WhenAll(leaving.StopAsync(), staying.StopAsync());

        Assert.True(code == 0, string.Join('\n', log));
        var delivered = told[0].Count(t => t.IsDelivered);
        Assert.True(delivered >= 10_000, $"{delivered} of {told[0].Count}");
        Assert.StartsWith($"drained delivered={delivered} failed=0 backlog=0 seconds=", output[^1], StringComparison.Ordinal);
        Assert.All(told[0].Where(t => !t.IsDelivered), t => Assert.Equal(ToldRecord.Refused, t.Code));
        Assert.All(told[1], t => Assert.True(t.IsDelivered, t.ToString()));
        await Books.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await Books.AssertLedgersAsync(cluster.Options, [silos[1]], Stream, told[1]);
    }

    [PosixFact]
    public async Task OneOfThree_Leaves_UnderLoad_NothingFailsAndTheOthersShardsStay()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"]);
        var silos = await cluster.StartSilosAsync(3);
        var loads = silos.Select(s => HttpLoad.Start(s, Stream)).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(1_000)));
        await using var connection = await cluster.ConnectAsync();
        var before = await connection.ShardsAsync();
        silos[0].Signal(Signals.Terminate);
        var (code, _, _) = await silos[0].ExitAsync();
        await Task.WhenAll(loads.Skip(1).Select(l => l.DeliveredAsync(3_000)));
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));

        Assert.Equal(0, code);
        Assert.All(told[0].Where(t => !t.IsDelivered), t => Assert.Equal(ToldRecord.Refused, t.Code));
        Assert.All(told.Skip(1).SelectMany(l => l), t => Assert.True(t.IsDelivered, t.ToString()));
        await Books.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await Books.AssertLedgersAsync(cluster.Options, silos.Skip(1), Stream, [.. told.Skip(1)]);
        var after = await connection.ShardsAsync();
        Assert.Equal(12, after.Sum(s => s.Count()));
        Assert.All(silos.Skip(1), silo => Assert.All(before[silo.Silo.ToString()], shard => ShardLog.AssertStayed(silo, ShardKey.Parse(shard))));
    }

    [PosixFact]
    public async Task ASilo_Joins_UnderLoad_TakesItsShareAndNothingFails()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=16"]);
        var first = await cluster.StartSiloAsync();
        await using var connection = await cluster.ConnectAsync();
        var loads = new List<Load> { HttpLoad.Start(first, Stream), GrainLoad.Start(connection, Stream) };
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(1_000)));
        var second = await cluster.StartSiloAsync();
        loads.Add(HttpLoad.Start(second, Stream));
        // They move a few at a time; how many is in the names of the silos.
        await connection.UntilShardsAsync(shards => shards.Count == 2 && shards.Sum(s => s.Count()) == 16 && shards.All(s => s.Count() is >= 2 and <= 14));
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(2_000)));
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));

        Assert.All(told.SelectMany(l => l), t => Assert.True(t.IsDelivered, t.ToString()));
        await Books.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await Books.AssertLedgersAsync(cluster.Options, [first, second], Stream, told);
    }

    private static async Task OutstandingAsync(SiloProcess silo, int records)
    {
        using var limit = new CancellationTokenSource(Load.Long);
        while (true)
        {
            var (_, health) = await silo.GetAsync("/health");
            if (JsonDocument.Parse(health).RootElement.GetProperty("outstanding_records").GetInt64() >= records)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }
}

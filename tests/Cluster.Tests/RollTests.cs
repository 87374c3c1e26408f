using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>A roll in the chart's order: one silo more, then one that leaves, until all are new.</summary>
[Trait("Category", "Long")]
public sealed class RollTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(5);

    [PosixFact]
    public Task ARoll_UnderLoad_WithEndpointsThatLag_RefusesNothingAndLosesNothing() => RollAsync("Off", "delivered");

    [PosixFact]
    public Task ARoll_OfAnOrderedStream_RefusesNothingAndLosesNothing() => RollAsync("PutRecords", "delivered");

    [PosixFact]
    public Task ARoll_WhereRecordsAreKeptFirst_RefusesNothingAndLosesNothing() => RollAsync("Off", "persisted");

    private async Task RollAsync(string ordered, string ack)
    {
        await using var cluster = await SiloCluster.CreateAsync(
            dynamoDb, "none", [$"{Stream}=8"], $"--Kpl:Ordered={ordered}", $"--Kpl:Http:DrainDelay={(Lag * 2).TotalSeconds}s");
        using var endpoints = new LaggingEndpoints(Lag);
        using var http = new HttpClient(endpoints) { BaseAddress = new Uri("http://tier"), Timeout = Waiting.Long };
        var silos = new Queue<SiloProcess>(await cluster.StartSilosAsync(3));
        foreach (var silo in silos)
            endpoints.Add(silo);
        var load = HttpLoad.Start(http, Stream, 8, 20, ack, TimeSpan.FromMilliseconds(20));
        await load.DeliveredAsync(1_000);

        for (var i = 0; i < 3; i++)
        {
            var more = await cluster.StartSiloAsync();
            endpoints.Add(more);
            silos.Enqueue(more);
            var old = silos.Dequeue();
            endpoints.Leave(old);
            old.Signal(Signals.Terminate);
            var (code, output, log) = await old.ExitAsync();
            Assert.True(code == 0, string.Join('\n', log));
            Assert.Contains(" failed=0 ", output[^1], StringComparison.Ordinal);
            await load.DeliveredAsync(500);
        }

        var told = await load.StopAsync();
        Assert.All(told, static t => Assert.True(t.IsAcknowledged, t.ToString()));
        if (ack == "delivered")
            await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        else
            await AssertAllVisibleAsync(cluster, told);
    }

    private static Task AssertAllVisibleAsync(SiloCluster cluster, IReadOnlyList<ToldRecord> told) => Waiting.UntilAsync(async () =>
    {
        var seen = await LoadAudit.SeenAsync(cluster.Kinesis, Stream);
        return told.All(t => seen.Contains(ToldRecord.KeyOf(t.Number)));
    });
}

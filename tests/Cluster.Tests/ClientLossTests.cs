using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>The client library over several gateways, one of which is killed.</summary>
public sealed class ClientLossTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    [PosixFact]
    public async Task ASilo_KilledWith10000OpenDeliveries_EachRecordHasOneEndAndWhatWasDeliveredIsVisible()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"]);
        var silos = await cluster.StartSilosAsync(3);
        await using var client = await ClientHost.StartAsync(cluster.Options);
        var load = ClientLoad.Start(client.Producer, Stream, atOnce: 48, batch: 300);
        await load.DeliveredAsync(10_000);
        await cluster.Kinesis.ArmAsync("""{"kind":"latency","delay":3000}""");
        await UntilOpenAsync(client.Producer, 10_000);
        await silos[0].KillAsync();
        await cluster.Kinesis.DisarmAsync();
        await load.DeliveredAsync(20_000);
        var told = await load.StopAsync();

        Assert.Equal(load.Put, told.Count);
        Assert.All(told.Where(t => !t.IsDelivered), t => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (t.Status, t.Code)));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        var ledger = client.Producer.GetLedger(Stream);
        Assert.Equal(
            (told.Count, told.Count(t => t.IsDelivered), 0, told.Count(t => !t.IsDelivered), 0),
            ((int)ledger.Accepted, (int)ledger.Delivered, (int)ledger.Failed, (int)ledger.Unknown, (int)ledger.InFlight));
        TestContext.Current.TestOutputHelper!.WriteLine($"{told.Count} records, {ledger.Unknown} of them unknown");
    }

    private static async Task UntilOpenAsync(IKplProducer producer, int records)
    {
        using var limit = new CancellationTokenSource(ClusterLoad.Long);
        while (producer.GetLedger(Stream).InFlight < records)
            await Task.Delay(TimeSpan.FromMilliseconds(10), limit.Token);
    }
}

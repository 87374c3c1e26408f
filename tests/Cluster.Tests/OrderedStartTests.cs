using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>Clients that begin to put in order at once, while the silos are still coming together and nothing of the stream is served anywhere.</summary>
[Trait("Category", "Long")]
public sealed class OrderedStartTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";
    private const int Clients = 6;

    [PosixFact]
    public async Task ClientsThatBeginWhileSilosJoin_KeepTheirOrder()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=6"], $"--Kpl:Streams:{Stream}:Ordered=PutRecords");
        await cluster.Kinesis.ArmAsync("""{"kind":"latency","delay":100}""");
        await cluster.StartSiloAsync();
        var joining = cluster.StartSilosAsync(2);
        var clients = new List<ClientHost>();
        try
        {
            var loads = new List<OrderedClusterLoad>();
            for (var client = 0; client < Clients; client++)
            {
                if (client == Clients / 2)
                    await joining;
                clients.Add(await ClientHost.StartAsync(cluster.Options, o => o.Ordered = OrderedMode.PutRecords));
                loads.Add(new OrderedClusterLoad(clients[^1].Producer, Stream, $"client{client}-"));
            }

            await Task.WhenAll(loads.Select(l => l.DeliveredAsync(2_000)));
            var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));
            var visible = await LoadAudit.VisibleAsync(cluster.Kinesis, Stream);

            Assert.All(told.SelectMany(t => t), t => Assert.True(t.IsDelivered, t.ToString()));
            for (var client = 0; client < Clients; client++)
                Assert.Equal(0, OrderedClusterLoad.AssertInOrder(visible, told[client], $"client{client}-"));
        }
        finally
        {
            foreach (var client in clients)
                await client.DisposeAsync();
        }
    }
}

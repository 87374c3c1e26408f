using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>A machine without idle time.</summary>
[Trait("Category", "Long")]
public sealed class StarvationTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    [PosixFact]
    public async Task EveryCoreBusyFor60Seconds_NoSiloIsLostAndNothingFails()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"]);
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(s => HttpLoad.Start(s, Stream)).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        var burners = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => ServerProcess.Start("/bin/sh", ["-c", "while :; do :; done"])).ToList();
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        finally
        {
            foreach (var burner in burners)
                await burner.DisposeAsync();
        }

        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));
        Assert.All(silos, s => Assert.False(s.HasExited, s.Log.ToString()));
        Assert.All(told.SelectMany(l => l), t => Assert.True(t.IsDelivered, t.ToString()));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await LoadAudit.AssertLedgersAsync(cluster.Options, silos, Stream, told);
    }
}

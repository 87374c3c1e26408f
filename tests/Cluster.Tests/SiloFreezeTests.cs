namespace Orleans.Kpl.Cluster.Tests;

/// <summary>Silos that stand still, are declared dead, and wake up, or whose machine has no idle core.</summary>
public sealed class SiloFreezeTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    [PosixFact]
    public Task Frozen_For8Seconds_NothingToldDeliveredIsLost_AndItAborts() => FreezeAsync(TimeSpan.FromSeconds(8));

    [PosixFact]
    [Trait("Category", "Long")]
    public Task Frozen_For20Seconds_NothingToldDeliveredIsLost_AndItAborts() => FreezeAsync(TimeSpan.FromSeconds(20));

    /// <summary>A machine without idle time.</summary>
    [PosixFact]
    [Trait("Category", "Long")]
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

    private async Task FreezeAsync(TimeSpan time)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"]);
        var silos = await cluster.StartSilosAsync(2);
        var loads = silos.Select(s => HttpLoad.Start(s, Stream)).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(1_000)));
        await using var other = await ClusterConnection.OpenAsync(cluster.Options, silos[1]);
        silos[0].Signal(Signals.Stop);
        var frozen = Task.Delay(time);
        await loads[1].DeliveredAsync(1_000);
        await frozen;
        // On a busy machine it may take longer until the other one has declared it dead.
        await Waiting.UntilAsync(async () => await other.CountOwnersAsync() == 1, "the frozen silo is declared dead");
        silos[0].Signal(Signals.Continue);
        var (code, _, log) = await silos[0].ExitAsync().WaitAsync(Waiting.Long);
        await loads[1].DeliveredAsync(2_000);
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));

        Assert.NotEqual(0, code);
        // Among the last lines, and not before a hundred of stack.
        Assert.Contains(log.TakeLast(20), l => l.StartsWith("The other silos had no answer from this one and declared it dead", StringComparison.Ordinal));
        Assert.All(told[1].Where(t => !t.IsDelivered), t => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (t.Status, t.Code)));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await LoadAudit.AssertLedgersAsync(cluster.Options, [silos[1]], Stream, told[1]);
        await other.UntilShardsAsync(shards => shards.Count == 1 && shards[silos[1].Silo.ToString()].Count() == 12);
    }
}

using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>Silos that are killed under load.</summary>
public sealed class SiloLossTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    [PosixFact]
    [Trait("Category", "Long")]
    public Task OneOfTwo_Killed_WhatWasDeliveredIsVisible_TheRestIsUnknown() => KillOneAsync(silos: 2);

    [PosixFact]
    public Task OneOfThree_Killed_WhatWasDeliveredIsVisible_TheRestIsUnknown() => KillOneAsync(silos: 3);

    /// <summary>The shard map is followed although the silo that asked Kinesis for it is gone.</summary>
    [PosixFact]
    public async Task ManagersSilo_KilledAsTheStreamIsResharded_TheOtherFollowsTheNewShards()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=4"]);
        var silos = await cluster.StartSilosAsync(2);
        await using var connections = await ClusterConnection.OpenAsync(cluster.Options, silos[0]);
        var loads = silos.Select(s => HttpLoad.Start(s, Stream)).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));
        var manager = Assert.Single(await connections.ManagersAsync()).Key;
        var lost = silos[0].Silo.ToString() == manager ? 0 : 1;
        await silos[lost].KillAsync();
        await cluster.Kinesis.CallAsync("UpdateShardCount", $$"""{"StreamName":"{{Stream}}","TargetShardCount":8,"ScalingType":"UNIFORM_SCALING"}""");
        await using var survivor = await ClusterConnection.OpenAsync(cluster.Options, silos[1 - lost]);
        await survivor.UntilShardsAsync(shards => shards.Sum(s => s.Count()) == 8 && shards.All(s => s.All(key => IsNew(key))));
        await loads[1 - lost].DeliveredAsync(2_000);
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));

        Assert.All(told[1 - lost].Where(t => !t.IsDelivered), t => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (t.Status, t.Code)));
        Assert.All(told[1 - lost].TakeLast(500), t => Assert.True(t.IsDelivered && IsNew(t.ShardId!), t.ToString()));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await LoadAudit.AssertLedgersAsync(cluster.Options, [silos[1 - lost]], Stream, told[1 - lost]);
    }

    /// <summary>The client library is over several gateways, one of which is killed.</summary>
    [PosixFact]
    public async Task ASilo_KilledWith10000OpenDeliveries_EachRecordHasOneEndAndWhatWasDeliveredIsVisible()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"]);
        var silos = await cluster.StartSilosAsync(2);
        await using var client = await ClientHost.StartAsync(cluster.Options);
        var load = CallLoad.Start(client.Producer, Stream, atOnce: 48, batch: 300);
        await load.DeliveredAsync(10_000);
        await cluster.Kinesis.ArmAsync("""{"kind":"latency","delay":3000}""");
        await Waiting.UntilAsync(() => client.Producer.GetLedger(Stream).InFlight >= 10_000);
        await silos[0].KillAsync();
        await cluster.Kinesis.DisarmAsync();
        await load.DeliveredAsync(20_000);
        var told = await load.StopAsync();

        Assert.Equal(load.Put, told.Count);
        Assert.Contains(told, t => !t.IsDelivered);
        Assert.All(told.Where(t => !t.IsDelivered), t => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (t.Status, t.Code)));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        var ledger = client.Producer.GetLedger(Stream);
        Assert.Equal(
            (told.Count, told.Count(t => t.IsDelivered), 0, told.Count(t => !t.IsDelivered), 0),
            ((int)ledger.Accepted, (int)ledger.Delivered, (int)ledger.Failed, (int)ledger.Unknown, (int)ledger.InFlight));
        TestContext.Current.TestOutputHelper!.WriteLine($"{told.Count} records, {ledger.Unknown} of them unknown");
    }

    private async Task KillOneAsync(int silos)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=12"]);
        var started = await cluster.StartSilosAsync(silos);
        var load = started.ToDictionary(s => s, s => HttpLoad.Start(s, Stream));
        await Task.WhenAll(load.Values.Select(l => l.DeliveredAsync(1_000)));
        await using var connection = await cluster.ConnectAsync();
        var owned = await connection.UntilShardsAsync(shards => shards.Sum(s => s.Count()) == 12);
        // Who has how many is in the names of the silos. The one with the most has at least one.
        List<SiloProcess> all = [.. started.OrderByDescending(s => owned[s.Silo.ToString()].Count())];
        List<HttpLoad> loads = [.. all.Select(s => load[s])];
        var lost = owned[all[0].Silo.ToString()].Select(k => ShardKey.Parse(k).ShardId).ToHashSet();
        await all[0].KillAsync();
        await Task.WhenAll(loads.Skip(1).Select(l => l.DeliveredAsync(3_000)));
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));

        Assert.Contains(told[0], t => t.Code == ToldRecord.NoAnswer);
        foreach (var others in told.Skip(1))
        {
            Assert.All(others.Where(t => !t.IsDelivered), t => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (t.Status, t.Code)));
            // The lost silo's shards are back: the last batches went everywhere.
            Assert.All(lost, shard => Assert.Contains(others.TakeLast(1_000), t => t.ShardId == shard));
        }

        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
        await LoadAudit.AssertLedgersAsync(cluster.Options, all.Skip(1), Stream, [.. told.Skip(1)]);
        // What the lost silo leaves is opened where it belongs. A silo that then has more than its share and one gives up what it has too much.
        Assert.InRange(await ShardLog.CountMovedAsync(owned, all.Skip(1)), 0, 3);
    }

    /// <summary>The first four shards have numbers 0 to 3.</summary>
    private static bool IsNew(string shard) => int.Parse(shard[(shard.LastIndexOf('-') + 1)..], System.Globalization.CultureInfo.InvariantCulture) >= 4;
}

using Orleans.Kpl.Cluster.Tests.Loads;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>The shard map is followed although the silo that asked Kinesis for it is gone.</summary>
public sealed class ManagerLossTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

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

    /// <summary>The first four shards have numbers 0 to 3.</summary>
    private static bool IsNew(string shard) => int.Parse(shard[(shard.LastIndexOf('-') + 1)..], System.Globalization.CultureInfo.InvariantCulture) >= 4;
}

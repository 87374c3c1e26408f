using System.Text.Json;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>
/// A tier of processes changes its stream under load, its shards not switching together and its listing lagging, while somebody else does so too.
/// </summary>
[Trait("Category", "Long")]
public sealed class ClusterReshardTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    private const string Name = $$"""{"StreamName":"{{Stream}}"}""";

    /// <summary>Records that are stuck expire, before two refresh periods of the map are over.</summary>
    private const string TwoRefreshPeriods = "--Kpl:RecordTtl=120s";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    [PosixFact]
    public async Task SomebodyElseSplitsAShard_WhileAnOperationRuns_ItStopsAndNothingIsLost()
    {
        await using var cluster = await StartAsync();
        await using var connection = await cluster.ConnectAsync();
        var manager = connection.Client.GetGrain<IStreamManager>(Stream);
        var loads = cluster.Silos.Select(s => HttpLoad.Start(s, Stream)).ToList();
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(500)));

        var started = await manager.SetShardCount(10);
        await UntilAsync(async () => (await manager.GetOperation(started.OperationId)).Step >= 1);
        await UntilAsync(() => TrySplitAsync(cluster.Kinesis, started.Plan));
        await UntilAsync(async () => (await manager.GetOperation(started.OperationId)).State != OperationState.Running);

        var ended = await manager.GetOperation(started.OperationId);
        Assert.True(ended.State == OperationState.Stopped, string.Join('\n', ended.Events));
        Assert.Contains("somebody else", ended.Reason, StringComparison.Ordinal);
        await Task.WhenAll(loads.Select(l => l.DeliveredAsync(2_000)));
        var told = await Task.WhenAll(loads.Select(l => l.StopAsync()));
        Assert.All(told.SelectMany(t => t), t => Assert.True(t.IsDelivered, t.ToString()));
        await LoadAudit.AssertVisibleAsync(cluster.Kinesis, Stream, told);
    }

    [PosixFact]
    public async Task TheStreamIsCreatedAgain_WhileAnOperationRuns_ItStopsAndRecordsGoOn()
    {
        await using var cluster = await StartAsync();
        await using var connection = await cluster.ConnectAsync();
        await using var client = await ClientHost.StartAsync(cluster.Options);
        var manager = connection.Client.GetGrain<IStreamManager>(Stream);
        var load = CallLoad.Start(client.Producer, Stream, atOnce: 4, batch: 50);
        await load.DeliveredAsync(2_000);

        var started = await manager.SetShardCount(10);
        await UntilAsync(async () => (await manager.GetOperation(started.OperationId)).Step >= 2);
        await cluster.Kinesis.CallAsync("DeleteStream", Name);
        await UntilAsync(async () => (await cluster.Kinesis.CallAsync("ListStreams", "{}")).GetProperty("StreamNames").GetArrayLength() == 0);
        await cluster.Kinesis.CallAsync("CreateStream", $$"""{"StreamName":"{{Stream}}","ShardCount":3}""");
        await UntilAsync(async () => (await manager.GetOperation(started.OperationId)).State != OperationState.Running);

        Assert.True((await manager.GetOperation(started.OperationId)).State is OperationState.Stopped or OperationState.Failed);
        await load.DeliveredAsync(5_000);
        Assert.Equal(3, (await manager.GetOverview()).Shards.Count);
        var told = await load.StopAsync();
        Assert.All(told.Where(t => !t.IsDelivered), t => Assert.True(t.Code == RecordErrorCodes.ResourceNotFound, t.ToString()));
        var seen = (await LoadAudit.VisibleInAllAsync(cluster.Kinesis, Stream)).Select(s => (s.Key, s.ShardId, s.SequenceNumber)).ToHashSet();
        Assert.All(told.Where(t => t.IsDelivered), t => Assert.Contains((ToldRecord.KeyOf(t.Number), t.ShardId!, t.SequenceNumber!), seen));
    }

    private async Task<SiloCluster> StartAsync()
    {
        var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=4"], TwoRefreshPeriods);
        await cluster.Kinesis.ReshardsAsync("""{"cut_over_delay":60,"cut_over_spacing":30,"updating_time":50,"list_shards_lag":150}""");
        await cluster.StartSilosAsync(3);
        return cluster;
    }

    /// <summary>Splits a shard that the operation has still to split; false where the stream is not ACTIVE, or there is none now.</summary>
    private static async Task<bool> TrySplitAsync(KinesisProcess kinesis, ShardPlan plan)
    {
        var summary = await kinesis.CallAsync("DescribeStreamSummary", Name);
        if (summary.GetProperty("StreamDescriptionSummary").GetProperty("StreamStatus").GetString() != "ACTIVE")
            return false;
        var listed = await kinesis.CallAsync("ListShards", Name);
        foreach (var shard in listed.GetProperty("Shards").EnumerateArray().Where(s => !s.GetProperty("SequenceNumberRange").TryGetProperty("EndingSequenceNumber", out _)).Reverse())
        {
            var (start, end) = (Key(shard, "StartingHashKey"), Key(shard, "EndingHashKey"));
            if (!plan.Steps.Any(s => s.Kind == ReshardStepKind.Split && s.StartingHashKey == start && s.EndingHashKey == end))
                continue;
            return await kinesis.TryCallAsync(
                "SplitShard", $$"""{"StreamName":"{{Stream}}","ShardToSplit":"{{shard.GetProperty("ShardId").GetString()}}","NewStartingHashKey":"{{start + ((end - start) / 7)}}"}""");
        }

        return false;
    }

    private static UInt128 Key(JsonElement shard, string name) =>
        UInt128.Parse(shard.GetProperty("HashKeyRange").GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(ClusterLoad.Long);
        while (!await isSo())
            await Task.Delay(Poll, limit.Token);
    }
}

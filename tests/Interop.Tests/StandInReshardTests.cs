namespace Orleans.Kpl.Interop.Tests;

/// <summary>Resharding under load, against Kinesis endpoints by others: a second opinion on every call that it takes.</summary>
[Trait("Category", "Long")]
public sealed class StandInReshardTests
{
    private const string Stream = "events";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData("kinesis-local.mjs", ReshardMethod.Plan)]
    [InlineData("kinesis-local.mjs", ReshardMethod.UpdateShardCount)]
    [InlineData("kinesalite.mjs", ReshardMethod.Plan)]
    public async Task SetShardCount_UnderLoad_DeliversEachRecordOnceWhereItWasTold(string script, ReshardMethod method)
    {
        await using var endpoint = await StandIn.StartAsync(script);
        var url = endpoint.Url.OriginalString;
        await Command.ScriptAsync("client.mjs", ["create", url, Stream, "2"]);
        await using var producer = StandInProducer.Create(url);

        using var isOver = new CancellationTokenSource();
        var load = PutUntilAsync(producer, isOver.Token);
        foreach (var shards in (int[])[4, 3])
        {
            var started = await producer.Admin.SetShardCountAsync(Stream, shards, method, TestContext.Current.CancellationToken);
            var ended = await EndOfAsync(producer.Admin, started.OperationId);
            Assert.True(ended.State == OperationState.Done, string.Join('\n', ended.Events));
            Assert.Equal(shards, (await producer.Admin.RefreshAsync(Stream, TestContext.Current.CancellationToken)).Shards.Count);
        }

        await isOver.CancelAsync();
        var put = await load;
        var read = await Command.ScriptAsync("aggregates.mjs", ["split"], await Command.ScriptAsync("client.mjs", ["read", url, Stream]));
        Assert.Equal(SampleRecords.Places(put), SampleRecords.Places(read));
        Assert.True(put.Select(p => p.ShardId).Distinct().Count() > 4);
    }

    private static async Task<List<Line>> PutUntilAsync(KplProducer producer, CancellationToken isOver)
    {
        var put = new List<Line>();
        for (var seed = 1; !isOver.IsCancellationRequested; seed++)
        {
            var records = SampleRecords.Make(100, seed);
            var results = await producer.PutAsync(Stream, StandInProducer.ToUserRecords(records), cancellationToken: CancellationToken.None);
            put.AddRange(StandInProducer.Told(records, results));
        }

        return put;
    }

    private static async Task<StreamOperation> EndOfAsync(IStreamAdmin admin, string operationId)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var operation = await admin.GetOperationAsync(Stream, operationId, limit.Token);
            if (operation.State != OperationState.Running)
                return operation;
            await Task.Delay(Poll, limit.Token);
        }
    }
}

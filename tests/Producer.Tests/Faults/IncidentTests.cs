namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Bad days that producers have had, over real sockets.</summary>
public sealed class IncidentTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task UpdateShardCountBySomeoneElse_AtFullLoad_EveryDeliveredRecordIsVisible()
    {
        await using var run = await FaultRun.StartAsync(configure: o => (o.AggregationMaxCount, o.MaxConnections) = (350, 4));
        await run.PutAsync(100);
        run.Kinesis.Reshards = new() { CutOverDelay = Day, CutOverAfterRecords = 5, CutOverSpacing = TimeSpan.FromMilliseconds(5) };
        run.Kinesis.UpdateShardCount(FaultRun.Stream, 8);
        await run.PutAsync(60_000);

        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(0, await run.CheckAsync());
        Assert.Contains(run.Told.Values, r => r.Attempts[0].ErrorCode == RecordErrorCodes.WrongShard);

        // Judged member by member, as KPL does, these would have been told delivered, and no KCL application sees them.
        Assert.Contains(ConsumerView.Of(run.Kinesis, FaultRun.Stream), r => !r.Visible && r.InRange);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task SplitInsideOneCall_BySomeoneElse_EveryDeliveredRecordIsVisible(int afterRecords)
    {
        await using var run = await FaultRun.StartAsync(
            shards: 1, endpoint: o => o.Reshards = new() { CutOverDelay = Day, CutOverAfterRecords = afterRecords });
        await run.PutAsync(10);
        var parent = run.Kinesis.Get(FaultRun.Stream).Shards[0];
        run.Kinesis.Split(FaultRun.Stream, parent.ShardId, UInt128.MaxValue / 3);
        await run.PutAsync(80);

        var shards = run.Kinesis.Get(FaultRun.Stream).Shards;
        Assert.Equal(parent.AppliedRecords + afterRecords, shards[0].AppliedRecords);
        Assert.All(shards.Skip(1), s => Assert.True(s.AppliedRecords > 0));
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(0, await run.CheckAsync());
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    [InlineData(4, 4)]
    public async Task StreamMadeAgainWhileTheProducerIsSilent_EveryDeliveredRecordIsVisibleOnce(int before, int after)
    {
        await using var run = await FaultRun.StartAsync(before, endpoint: o => o.DeletingTime = TimeSpan.Zero);
        await run.PutAsync(500);
        run.Kinesis.Delete(FaultRun.Stream);
        await Waiting.UntilAsync(() => run.Kinesis.Find(FaultRun.Stream) is null);
        await run.Kinesis.CreateStreamAsync(FaultRun.Stream, after);
        await run.PutAsync(5_000);
        await run.PutAsync(1_000);

        var told = run.Told.Skip(500).ToDictionary();
        Assert.All(told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        var seen = ConsumerView.Of(run.Kinesis, FaultRun.Stream);
        var visible = seen.Where(r => r.Visible).ToLookup(r => r.Key);
        foreach (var (key, result) in told)
            Assert.Equal((result.ShardId, result.SequenceNumber, result.SubSequenceNumber), Assert.Single(visible[key]).Place);

        // Each copy that no consumer sees was sent again for that reason, and nothing was for another.
        Assert.Equal(told.Keys.Order(), visible.Select(r => r.Key).Order());
        Assert.Equal(seen.Count(r => !r.Visible), told.Values.Sum(r => r.Attempts.Count - 1));
        Assert.All(told.Values.SelectMany(r => r.Attempts.SkipLast(1)), a => Assert.Equal(RecordErrorCodes.WrongShard, a.ErrorCode));
    }

    [Fact]
    public async Task LargestRecordAmongSmallOnes_AllAreDelivered_AndALoweredLimitFailsTheLargeOnesAlone()
    {
        // At the shard's own rate ten mebibytes take ten seconds.
        await using var run = await FaultRun.StartAsync(shards: 1, o => o.RateLimit = 10_000);
        await run.LimitRecordsAsync(kibibytes: 10_240);
        var large = run.Producer.PutAsync(FaultRun.Stream, new UserRecord("large", new byte[(10 << 20) - 100]));
        await run.PutAsync(200);
        Assert.True((await large).IsSuccess);

        await run.LimitRecordsAsync(kibibytes: 1_024);
        var refused = Enumerable.Range(0, 3)
            .Select(i => run.Producer.PutAsync(FaultRun.Stream, new UserRecord($"large {i}", new byte[2 << 20])).AsTask()).ToList();
        await run.PutAsync(200);
        Assert.All(await Task.WhenAll(refused), r => Assert.Equal(RecordErrorCodes.RecordTooLarge, r.ErrorCode));
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        var seen = ConsumerView.Of(run.Kinesis, FaultRun.Stream);
        Assert.Equal(run.Told.Keys.Append("large").Order(), seen.Select(r => r.Key).Order());
    }

    [Fact]
    public async Task NoRightToDescribe_RecordsTravelAndTheUsualLimitHolds()
    {
        await using var run = await FaultRun.StartAsync();
        foreach (var operation in (string[])["DescribeStreamSummary", "ListShards"])
            run.Kinesis.Faults.Add(new ErrorFault { Operation = operation, Type = "AccessDeniedException" });
        await run.PutAsync(200);
        var refused = await Assert.ThrowsAsync<RecordValidationException>(
            async () => await run.Producer.PutAsync(FaultRun.Stream, new UserRecord("k", new byte[2 << 20])));
        Assert.Equal(RecordErrorCodes.RecordTooLarge, refused.Code);
        Assert.All(run.Told.Values, r => Assert.Equal((true, 0), (r.IsSuccess, r.SubSequenceNumber)));
        Assert.Equal(0, await run.CheckAsync());
        Assert.All(run.Kinesis.Faults.Active, f => Assert.True(f.Hits > 0));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Put_WhenKinesisIsAwayForAMinute_LosesNothingAndKeepsItsRoom()
    {
        const long memory = 1 << 20;
        await using var run = await FaultRun.StartAsync(configure: o => (o.MaxOutstandingBytes, o.AggregationMaxCount) = (memory, 350));
        await run.PutAsync(100);
        run.Kinesis.Faults.Add(new OutageFault { For = TimeSpan.FromSeconds(60) });

        var puts = run.PutAsync(30_000);
        var most = 0L;
        await Waiting.UntilAsync(() =>
        {
            most = Math.Max(most, run.Producer.OutstandingBytes);
            return puts.IsCompleted;
        });
        await puts;

        Assert.InRange(most, memory * 9 / 10, memory);
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Contains(run.Told.Values, r => r.Attempts.Count > 1);
        Assert.Equal(0, await run.CheckAsync());
    }
}

using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>Reshards of our own under load, also while somebody else changes the stream: shards do not switch together, and the listing lags behind.</summary>
/// <remarks>Tests <see cref="ReshardExecutor"/>.</remarks>
public sealed class EmbeddedReshardTests
{
    private const string Stream = LocalKinesis.Stream;

    [Fact]
    public async Task SplitAndMerge_UnderLoad_SendNothingTwice()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 2, ReshardHarness.Apart);
        await harness.StartLoadAsync();

        var split = await harness.Admin.SplitShardAsync(Stream, "shardId-000000000000");
        Assert.Equal(OperationState.Done, (await harness.EndOfAsync(split)).State);
        var shards = (await harness.Admin.GetOverviewAsync(Stream)).Shards;
        Assert.Equal(3, shards.Count);
        var merged = await harness.EndOfAsync(await harness.Admin.MergeShardsAsync(Stream, shards[1].ShardId, shards[0].ShardId));

        Assert.Equal(OperationState.Done, merged.State);
        Assert.Equal(2, (await harness.Admin.GetOverviewAsync(Stream)).Shards.Count);
        await harness.AssertUnharmedAsync();
        var history = await harness.Admin.GetHistoryAsync(Stream);
        Assert.Equal([StreamOperationKind.Merge, StreamOperationKind.Split], history.Select(h => h.Kind));
        Assert.All(history, h => Assert.Contains(h.Events, e => e.Text.StartsWith("Accepted", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecord)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Scale_From4To16To3_UnderLoad_SendsNothingTwice_AndKeepsTheOrder(OrderedMode mode)
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4, ReshardHarness.Apart, ordered: mode);
        await harness.StartLoadAsync();

        foreach (var shards in (int[])[16, 3])
        {
            Assert.Equal(OperationState.Done, (await harness.EndOfAsync(await harness.Admin.SetShardCountAsync(Stream, shards))).State);
            Assert.Equal(shards, (await harness.Admin.GetOverviewAsync(Stream)).Shards.Count);
        }

        await harness.AssertUnharmedAsync();
        if (mode != OrderedMode.Off)
            harness.AssertInOrder();
    }

    /// <summary>From 4 to 6 and to 5 there are shards that live for a moment: parts of the former ones, to be merged again.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(6, 5)]
    public async Task ScaleByUpdateShardCount_UnderLoad_SendsNothingTwice(params int[] counts)
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4, ReshardHarness.Apart);
        await harness.StartLoadAsync();

        foreach (var count in counts)
        {
            var ended = await harness.EndOfAsync(await harness.Admin.SetShardCountAsync(Stream, count, ReshardMethod.UpdateShardCount));
            Assert.Equal(OperationState.Done, ended.State);
            Assert.Equal(count, (await harness.Admin.GetOverviewAsync(Stream)).Shards.Count);
        }

        await harness.AssertUnharmedAsync();
    }

    [Fact]
    public async Task GetShards_UnderLoad_TellsOfRates()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 2);
        await harness.StartLoadAsync();

        var overview = await harness.Admin.GetOverviewAsync(Stream);

        Assert.Equal("ACTIVE", overview.Status);
        Assert.Null(overview.OperationId);
        Assert.All(overview.Shards, s => Assert.True(s is { RecordsPerSecond: > 0, BytesPerSecond: > 0, UserRecordsPerSecond: > 0, State: "open" }));
    }

    [Fact]
    public async Task SecondOperation_WhileOneRuns_IsRefusedAndChangesNothing()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4, ReshardHarness.NotBeforeARecord);

        var first = await harness.Admin.SetShardCountAsync(Stream, 6);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => harness.Admin.SplitShardAsync(Stream, "shardId-000000000000"));

        Assert.Equal(StreamManagerErrorCodes.OperationRunning, error.Code);
        Assert.Contains(first.OperationId, error.Message, StringComparison.Ordinal);
        await harness.StartLoadAsync();
        Assert.Equal(OperationState.Done, (await harness.EndOfAsync(first)).State);
        Assert.Single(await harness.Admin.GetHistoryAsync(Stream));
    }

    [Fact]
    public async Task FirstRecords_OfAStreamWhoseShardIsBeingSplit_GoNowhereTwice()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 1, ReshardHarness.NotBeforeARecord);

        var started = await harness.Admin.SplitShardAsync(Stream, "shardId-000000000000");
        await Waiting.UntilAsync(() => harness.Endpoint.Get(Stream).Status == StreamStatus.Updating);
        await harness.StartLoadAsync();

        Assert.Equal(OperationState.Done, (await harness.EndOfAsync(started)).State);
        await harness.AssertUnharmedAsync();
    }

    [Fact]
    public async Task TwoManagers_WhoTakeTheOperationFromEachOther_ChangeTheShardsOnce()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4, ReshardHarness.NotBeforeARecord);
        await using var one = harness.NewManager();
        await using var other = harness.NewManager();
        var stop = TestContext.Current.CancellationToken;

        var begun = await Task.WhenAll(TryScaleAsync(one, 6), TryScaleAsync(other, 7));
        var started = Assert.Single(begun, b => b is not null)!;
        harness.Endpoint.Reshards = ReshardHarness.Apart;
        await harness.StartLoadAsync();
        do
        {
            await other.ResumeAsync(stop);
            await one.ResumeAsync(stop);
        }
        while ((await one.GetOperationAsync(started.OperationId, stop)).State == OperationState.Running);

        var ended = await harness.EndOfAsync(started);
        Assert.Equal(OperationState.Done, ended.State);
        Assert.Equal(started.Plan.Result.Count, (await harness.Admin.GetOverviewAsync(Stream)).Shards.Count);
        // A step that was done twice would have made more.
        Assert.Equal(4 + started.Plan.Steps.Sum(s => s.Kind == ReshardStepKind.Split ? 2 : 1), harness.Endpoint.Get(Stream).Shards.Count);
        await harness.AssertUnharmedAsync();
    }

    private static async Task<StartedOperation?> TryScaleAsync(StreamAdministrator manager, int shards)
    {
        try
        {
            return await manager.ScaleAsync(shards, ReshardMethod.Plan, CancellationToken.None);
        }
        catch (StreamManagerException e) when (e.Code == StreamManagerErrorCodes.OperationRunning)
        {
            return null;
        }
    }

    public static TheoryData<string, Func<IStreamAdmin, Task>> BadInput => new()
    {
        { StreamManagerErrorCodes.UnknownShard, a => a.SplitShardAsync(Stream, "shardId-000000000009") },
        { StreamManagerErrorCodes.KeyOutsideRange, a => a.SplitShardAsync(Stream, "shardId-000000000000", SplitPoint.At(UInt128.MaxValue)) },
        { StreamManagerErrorCodes.KeyOutsideRange, a => a.SplitShardAsync(Stream, "shardId-000000000000", SplitPoint.Parse("somewhere")) },
        { StreamManagerErrorCodes.NotAdjacent, a => a.MergeShardsAsync(Stream, "shardId-000000000000", "shardId-000000000002") },
        { StreamManagerErrorCodes.NotAdjacent, a => a.MergeShardsAsync(Stream, "shardId-000000000000", "shardId-000000000000") },
        { StreamManagerErrorCodes.BadTarget, a => a.SetShardCountAsync(Stream, 0) },
        { StreamManagerErrorCodes.BadTarget, a => a.PlanAsync(Stream, -1) },
        { StreamManagerErrorCodes.TooManySteps, a => a.SetShardCountAsync(Stream, 50_000) },
        { StreamManagerErrorCodes.InvalidPolicy, a => a.SetPolicyAsync(Stream, new ScalingOptions { MinShards = 0 }) },
        { StreamManagerErrorCodes.PolicyNotAllowed, a => a.SetPolicyAsync(Stream, new ScalingOptions { Mode = ScalingMode.On }) },
        { StreamManagerErrorCodes.UnknownOperation, a => a.GetOperationAsync(Stream, "none") },
        { RecordErrorCodes.ResourceNotFound, a => a.GetOverviewAsync("nothing-there") },
    };

    [Theory]
    [MemberData(nameof(BadInput), DisableDiscoveryEnumeration = true)]
    public async Task BadInput_OfAnyCall_IsToldAndChangesNothing(string code, Func<IStreamAdmin, Task> call)
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4);

        var error = await Assert.ThrowsAsync<StreamManagerException>(() => call(harness.Admin));

        Assert.Equal(code, error.Code);
        Assert.NotEmpty(error.Message);
        Assert.Equal(4, (await harness.Admin.GetOverviewAsync(Stream)).Shards.Count);
        Assert.Empty(await harness.Admin.GetHistoryAsync(Stream));
    }

    [Fact]
    public async Task Policy_ThatIsNone_NamesTheArgument()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 1);
        Assert.Equal("policy", (await Assert.ThrowsAsync<ArgumentNullException>(() => harness.Admin.SetPolicyAsync(Stream, null!))).ParamName);
    }

    /// <summary>The quotas are asked for before the first call: an operation that would end half-way is not begun.</summary>
    [Theory]
    [InlineData(ReshardMethod.Plan)]
    [InlineData(ReshardMethod.UpdateShardCount)]
    public async Task MoreShardsThanTheAccountMayOpen_AreRefusedBeforeAnythingIsDone(ReshardMethod method)
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4, configure: o => o.ShardLimit = 6);

        var plan = await harness.Admin.PlanAsync(Stream, 8);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => harness.Admin.SetShardCountAsync(Stream, 8, method));

        Assert.Equal(StreamManagerErrorCodes.QuotaExceeded, error.Code);
        Assert.Contains("2 more", error.Message, StringComparison.Ordinal);
        Assert.Contains(plan.Obstacles, o => o.Contains("2 more", StringComparison.Ordinal));
        Assert.Empty(await harness.Admin.GetHistoryAsync(Stream));
        Assert.Equal(OperationState.Done, (await harness.EndOfAsync(await harness.Admin.SetShardCountAsync(Stream, 6, method))).State);
    }

    [Fact]
    public async Task OnDemandStream_RefusesEveryChangeAndSaysWhy()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4);
        await harness.Kinesis.CallAsync("UpdateStreamMode", $$$"""{"StreamARN":"{{{harness.Endpoint.Get(Stream).Arn}}}","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}""");
        await Waiting.UntilAsync(() => harness.Endpoint.Get(Stream).Status == StreamStatus.Active);

        Func<Task>[] changes =
        [
            () => harness.Admin.SplitShardAsync(Stream, "shardId-000000000000"),
            () => harness.Admin.MergeShardsAsync(Stream, "shardId-000000000000", "shardId-000000000001"),
            () => harness.Admin.SetShardCountAsync(Stream, 8),
            () => harness.Admin.PlanAsync(Stream, 8),
            () => harness.Admin.SetPolicyAsync(Stream, new ScalingOptions { Mode = ScalingMode.DryRun }),
        ];
        foreach (var change in changes)
        {
            var error = await Assert.ThrowsAsync<StreamManagerException>(change);
            Assert.Equal(StreamManagerErrorCodes.OnDemand, error.Code);
            Assert.Contains("on-demand", error.Message, StringComparison.Ordinal);
        }

        var overview = await harness.Admin.GetOverviewAsync(Stream);
        Assert.True(overview.OnDemand);
        Assert.Equal(4, overview.Shards.Count);
        Assert.Empty(await harness.Admin.GetHistoryAsync(Stream));
    }

    [Fact]
    public async Task OneKeyThatIsTheLoad_IsNamedByTheShardsStatusAndByThePlanOfASplit()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 1);
        await harness.PutAsync([.. Enumerable.Range(0, 2_000).Select(static _ => new UserRecord("the one", new byte[1_000]))]);

        var shard = Assert.Single((await harness.Admin.GetOverviewAsync(Stream)).Shards);
        var started = await harness.Admin.SplitShardAsync(Stream, shard.ShardId);

        var key = Assert.Single(shard.HotKeys);
        Assert.True(key is { Share: > 0.99, PartitionKey: null });
        Assert.Contains(started.Plan.Obstacles, o => o.Contains("No split can help", StringComparison.Ordinal) && o.Contains($"{key.HashKey}", StringComparison.Ordinal));
        Assert.Equal(OperationState.Done, (await harness.EndOfAsync(started)).State);
    }

    [Fact]
    public async Task Plan_ChangesNothingAndTellsWhy()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4);

        var plan = await harness.Admin.PlanAsync(Stream, 8);
        var ofPolicy = await harness.Admin.PlanAsync(Stream);

        Assert.Equal((4, 8, TimeSpan.FromMinutes(2)), (plan.Steps.Count, plan.Result.Count, plan.Duration));
        Assert.NotEmpty(plan.Reasons);
        Assert.NotEmpty(ofPolicy.Reasons);
        Assert.Equal(4, (await harness.Admin.GetOverviewAsync(Stream)).Shards.Count);
    }

    /// <summary>Between two steps somebody else splits a shard that was to be split, merged with or left alone.</summary>
    [Fact]
    public async Task SomebodyElseSplits_WhileAnOperationRuns_ItEndsWithAClearStateAndNothingIsLost()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4, ReshardHarness.Apart);
        await harness.StartLoadAsync();

        var started = await harness.Admin.SetShardCountAsync(Stream, 10);
        await Waiting.UntilAsync(() => TrySplit(harness.Endpoint));
        var ended = await harness.EndOfAsync(started);

        Assert.NotEqual(OperationState.Running, ended.State);
        Assert.NotEmpty(ended.Events);
        Assert.Null((await harness.Admin.RefreshAsync(Stream)).OperationId);
        var before = harness.Ended;
        await Waiting.UntilAsync(() => harness.Ended > before + 1_000);
        await harness.AssertDeliveredAsync();
    }

    [Fact]
    public async Task TheStreamIsMadeAgain_WhileAnOperationRuns_ItStopsAndRecordsGoOn()
    {
        await using var harness = await ReshardHarness.StartAsync(shards: 4);
        // Slow enough for the stream to go before the operation has ended, however late the test looks.
        harness.Endpoint.Reshards = ReshardHarness.Apart with { CutOverDelay = TimeSpan.FromSeconds(2) };

        var started = await harness.Admin.SetShardCountAsync(Stream, 12);
        await Waiting.UntilAsync(() => harness.Endpoint.Get(Stream).Shards.Count > 5);
        harness.Endpoint.Delete(Stream);
        await Waiting.UntilAsync(() => harness.Endpoint.Find(Stream) is null);
        await harness.Endpoint.CreateStreamAsync(Stream, 2);
        var ended = await harness.EndOfAsync(started);

        Assert.True(ended.State is OperationState.Stopped or OperationState.Failed, string.Join('\n', ended.Events));
        Assert.Equal(2, (await harness.Admin.RefreshAsync(Stream)).Shards.Count);
        harness.Endpoint.Reshards = ReshardHarness.Apart;
        // For a second after Kinesis did not know the stream, records fail without a further question.
        await Waiting.UntilAsync(async () => await harness.TryPutAsync(LocalKinesis.Record(1_000_000)));
        await harness.StartLoadAsync();
        Assert.Equal(OperationState.Done, (await harness.EndOfAsync(await harness.Admin.SetShardCountAsync(Stream, 4))).State);
        await harness.AssertDeliveredAsync();
    }

    private static bool TrySplit(KinesisEndpoint endpoint)
    {
        var stream = endpoint.Get(Stream);
        if (stream.Shards.Count < 5)
            return false;
        try
        {
            var open = stream.Shards[^1];
            endpoint.Split(Stream, open.ShardId, open.StartingHashKey + ((open.EndingHashKey - open.StartingHashKey) / 3));
            return true;
        }
        catch (InvalidOperationException e) when (e.Message.StartsWith("ResourceInUseException", StringComparison.Ordinal) || e.Message.Contains("already been merged or split", StringComparison.Ordinal))
        {
            // A step of the operation is under way.
            return false;
        }
    }
}

using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Grains.Tests.Management;

/// <summary>
/// Reshards by the stream's manager, under load on every silo, also while somebody else changes the stream: its shards do not switch together, and its
/// listing lags behind. Records that are stuck expire, before two refresh periods of the map are over.
/// </summary>
/// <remarks>Tests <see cref="Grains.Management.StreamManagerGrain"/>.</remarks>
public sealed class TierReshardTests
{
    private static readonly TimeSpan TwoRefreshPeriods = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(ReshardMethod.Plan, 8, 3)]
    [InlineData(ReshardMethod.UpdateShardCount, 8, 4)]
    [InlineData(ReshardMethod.UpdateShardCount, 6, 5)]
    public async Task Scale_UnderLoadOnTwoSilos_SendsNothingTwice(ReshardMethod method, int first, int second)
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 4);
        tier.Server.Kinesis.Reshards = Tier.Apart;
        var loads = new[] { new TierLoad(tier.Front(0), 0), new TierLoad(tier.Front(1), 10_000_000) };
        await Task.WhenAll(loads.Select(l => l.EndedAsync(1_000)));

        Assert.Equal(OperationState.Done, (await tier.EndOfAsync(await tier.Manager.SetShardCount(first, method))).State);
        Assert.Equal(OperationState.Done, (await tier.EndOfAsync(await tier.Manager.SetShardCount(second, method))).State);
        await Task.WhenAll(loads.Select(l => l.EndedAsync(1_000)));

        await Task.WhenAll(loads.Select(l => l.StopAsync()));
        Assert.Equal(second, (await tier.Manager.GetOverview()).Shards.Count);
        foreach (var load in loads)
        {
            tier.AssertVisible(load.Records, load.Results);
            Assert.DoesNotContain(load.Results.SelectMany(r => r.Attempts), a => a.ErrorCode == RecordErrorCodes.WrongShard);
        }

        var view = ConsumerView.Of(tier.Server.Kinesis, Tier.Stream);
        Assert.DoesNotContain(view, s => !s.Visible);
        Assert.Equal(loads.Sum(l => l.Records.Count), view.Count);
    }

    [Fact]
    public async Task Overview_TellsWhoOwnsWhatAndItsLoad()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 4);
        var admin = tier.Cluster.Silos[1].ServiceProvider.GetRequiredService<IStreamAdmin>();
        var overview = await admin.GetOverviewAsync(Tier.Stream);
        // An owner that a busy machine keeps from answering in time is left out of the overview, and the minute may end between the put and the look.
        await Waiting.UntilAsync(async () =>
        {
            await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(2_000));
            overview = await admin.GetOverviewAsync(Tier.Stream);
            return overview.Shards.All(static s => s is { OwnerSilo: not null, BytesPerSecond: > 0 });
        }, "each shard has an owner and a load");

        Assert.Subset(tier.Cluster.Silos.Select(s => s.SiloAddress.ToString()).ToHashSet(), overview.Shards.Select(s => s.OwnerSilo!).ToHashSet());
    }

    [Fact]
    public async Task ManagerSilo_KilledInTheMiddle_TheOperationGoesOn()
    {
        await using var tier = await Tier.StartAsync(silos: 3, shards: 4);
        tier.Server.Kinesis.Reshards = Tier.Apart;
        // Whatever the silo is killed in the middle of, the operation cannot have ended before.
        var last = tier.Server.Kinesis.Faults.Add(new ErrorFault { Type = "LimitExceededException", Operation = "SplitShard", After = 3 });
        var started = await tier.Manager.SetShardCount(8);
        await tier.WhenAsync(o => o.Step >= 2, started.OperationId);
        var holder = await tier.ManagerSiloAsync();

        await tier.Cluster.KillSiloAsync(holder);
        tier.Server.Kinesis.Faults.Remove(last);
        var ended = await tier.EndOfAsync(started);

        Assert.Equal(OperationState.Done, ended.State);
        Assert.Contains(ended.Events, e => e.Text == "Taken over.");
        Assert.Equal(8, (await tier.Manager.GetOverview()).Shards.Count);
        Assert.Equal(4, ended.Steps);
    }

    /// <summary>The errors of the embedded admin calls (Producer.Tests) keep their types and codes on their way between silos.</summary>
    [Fact]
    public async Task BadInput_IsAnErrorOfItsTypeAndChangesNothing()
    {
        await using var tier = await Tier.StartAsync(silos: 1, shards: 4, endpoint: o => o.ShardLimit = 6);
        (string Code, Func<Task> Call)[] bad =
        [
            (StreamManagerErrorCodes.UnknownShard, () => tier.Manager.SplitShard("shardId-000000000008")),
            (StreamManagerErrorCodes.KeyOutsideRange, () => tier.Manager.SplitShard("shardId-000000000000", $"{UInt128.MaxValue}")),
            (StreamManagerErrorCodes.NotAdjacent, () => tier.Manager.MergeShards("shardId-000000000000", "shardId-000000000002")),
            (StreamManagerErrorCodes.BadTarget, () => tier.Manager.SetShardCount(0)),
            (StreamManagerErrorCodes.QuotaExceeded, () => tier.Manager.SetShardCount(8)),
            (StreamManagerErrorCodes.InvalidPolicy, () => tier.Manager.SetPolicy(new ScalingOptions { MinShards = 0 })),
            (StreamManagerErrorCodes.UnknownOperation, () => tier.Manager.GetOperation("none")),
        ];

        foreach (var (code, call) in bad)
        {
            var error = await Assert.ThrowsAsync<StreamManagerException>(call);
            Assert.Equal(code, error.Code);
            Assert.NotEmpty(error.Message);
        }

        Assert.Equal(4, (await tier.Manager.GetOverview()).Shards.Count);
        Assert.Empty(await tier.Manager.GetHistory());
    }

    [Fact]
    public async Task Policy_IsKeptForEverySilo()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 2);

        await tier.Manager.SetPolicy(new ScalingOptions { Mode = ScalingMode.DryRun, MaxShards = 12 });

        Assert.Equal(12, (await tier.Manager.GetPolicy()).MaxShards);
        Assert.Contains(await tier.Manager.GetHistory(), h => h.Kind == StreamOperationKind.Decision);
        Assert.NotEmpty((await tier.Manager.Plan()).Reasons);
    }

    /// <summary>It splits, or merges with its neighbour, a shard that the operation has still to split.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, false)]
    [InlineData(OrderedMode.PutRecords, true)]
    [InlineData(OrderedMode.PutRecord, false)]
    public async Task SomebodyElseChangesTheShards_WhileAnOperationRuns_ItStopsWithAClearStateAndNothingIsLost(OrderedMode mode, bool splits)
    {
        await using var tier = await StartAsync(mode);
        await using var loads = new Loads(tier, mode);
        await loads.DeliveredAsync();

        var started = await tier.Manager.SetShardCount(10);
        await tier.WhenAsync(o => o.Step >= 1, started.OperationId);
        await Waiting.UntilAsync(() => TryInterfere(tier.Server.Kinesis, started.Plan, splits));
        var ended = await tier.EndOfAsync(started);

        Assert.True(ended.State == OperationState.Stopped, string.Join('\n', ended.Events));
        Assert.Contains("somebody else", ended.Reason, StringComparison.Ordinal);
        Assert.Contains(await tier.Manager.GetHistory(), h => h.OperationId == started.OperationId && h.State == OperationState.Stopped);
        Assert.Null((await tier.Manager.GetOverview()).OperationId);
        await loads.DeliveredAsync();
        var next = await tier.EndOfAsync(await tier.Manager.SetShardCount(6));
        Assert.True(next.State == OperationState.Done, string.Join('\n', next.Events));
        Assert.Equal(6, (await tier.Manager.GetOverview()).Shards.Count);
        await loads.DeliveredAsync();
        await loads.StopAsync();
        loads.AssertAllDelivered();
    }

    [Fact]
    [Trait("Category", "Long")]
    public Task SomebodyElseSplits_WhileAnOperationRunsOnAStreamWithoutOrder_ItStopsWithAClearStateAndNothingIsLost() =>
        SomebodyElseChangesTheShards_WhileAnOperationRuns_ItStopsWithAClearStateAndNothingIsLost(OrderedMode.Off, splits: true);

    /// <summary>Its shards have the ids of the former ones, of other or of the same ranges.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, true, 2)]
    [InlineData(OrderedMode.Off, false, 3)]
    [InlineData(OrderedMode.PutRecords, true, 3)]
    [InlineData(OrderedMode.PutRecord, false, 4)]
    public async Task TheStreamIsCreatedAgain_UnderLoad_OperationsStopAndRecordsGoOn(OrderedMode mode, bool whileAnOperationRuns, int shards)
    {
        await using var tier = await StartAsync(mode);
        var kinesis = tier.Server.Kinesis;
        await using var loads = new Loads(tier, mode);
        await loads.DeliveredAsync();

        var started = whileAnOperationRuns ? await tier.Manager.SetShardCount(10) : null;
        if (started is not null)
            await tier.WhenAsync(o => o.Step >= 2, started.OperationId);
        kinesis.Delete(Tier.Stream);
        await Waiting.UntilAsync(() => kinesis.Find(Tier.Stream) is null);
        await kinesis.CreateStreamAsync(Tier.Stream, shards);

        if (started is not null)
        {
            var ended = await tier.EndOfAsync(started);
            Assert.True(ended.State is OperationState.Stopped or OperationState.Failed, string.Join('\n', ended.Events));
            // Either it has seen that the stream was away, or, held up until the next one was there, shards that nobody planned.
            Assert.Matches($"{Tier.Stream}|changed by somebody else", ended.Reason);
        }

        await loads.DeliveredAsync();
        var overview = await tier.Manager.GetOverview();
        Assert.Equal((shards, null), (overview.Shards.Count, overview.OperationId));
        var next = await tier.EndOfAsync(await tier.Manager.SetShardCount(5));
        Assert.True(next.State == OperationState.Done, string.Join('\n', next.Events));
        Assert.Equal(5, (await tier.Manager.GetOverview()).Shards.Count);
        await loads.DeliveredAsync();
        await loads.StopAsync();
        loads.AssertNothingLost();
    }

    [Theory]
    [InlineData(OrderedMode.Off, false, 4)]
    [InlineData(OrderedMode.PutRecords, false, 2)]
    [InlineData(OrderedMode.PutRecord, true, 2)]
    [Trait("Category", "Long")]
    public Task TheStreamIsCreatedAgain_OtherPairsOfModeAndShards_OperationsStopAndRecordsGoOn(OrderedMode mode, bool whileAnOperationRuns, int shards) =>
        TheStreamIsCreatedAgain_UnderLoad_OperationsStopAndRecordsGoOn(mode, whileAnOperationRuns, shards);

    private static async Task<Tier> StartAsync(OrderedMode mode)
    {
        var tier = await Tier.StartAsync(silos: 3, shards: 4, o =>
        {
            (o.Ordered, o.RecordTtl) = (mode, TwoRefreshPeriods);
            if (mode != OrderedMode.Off)
                o.RecordMaxBufferedTime = TimeSpan.FromMilliseconds(20);
        });
        tier.Server.Kinesis.Reshards = Tier.Apart;
        return tier;
    }

    private static bool TryInterfere(KinesisEndpoint kinesis, ShardPlan plan, bool splits)
    {
        var open = kinesis.Get(Tier.Stream).Shards.Where(s => s.IsOpen).OrderBy(s => s.StartingHashKey).ToList();
        var place = open.FindLastIndex(s => plan.Steps.Any(p =>
            p.Kind == ReshardStepKind.Split && p.StartingHashKey == s.StartingHashKey && p.EndingHashKey == s.EndingHashKey));
        if (place < 0)
            return false;
        var shard = open[place];
        try
        {
            if (splits)
                kinesis.Split(Tier.Stream, shard.ShardId, shard.StartingHashKey + ((shard.EndingHashKey - shard.StartingHashKey) / 7));
            else
                kinesis.Merge(Tier.Stream, open[place == 0 ? 1 : place - 1].ShardId, shard.ShardId);
            return true;
        }
        catch (InvalidOperationException e) when (e.Message.StartsWith("ResourceInUse", StringComparison.Ordinal) || e.Message.StartsWith("InvalidArgument", StringComparison.Ordinal))
        {
            // It is not ACTIVE, or the operation was faster.
            return false;
        }
    }

    /// <summary>A load on each silo, pipelined and in order where the stream is ordered.</summary>
    private sealed class Loads(Tier tier, OrderedMode mode) : IAsyncDisposable
    {
        private readonly List<OrderedTierLoad> _ordered = mode == OrderedMode.Off
            ? []
            : [.. tier.Cluster.Silos.Select((_, i) => new OrderedTierLoad(tier.Front(i), $"front{i}-"))];
        private readonly List<TierLoad> _loads = mode != OrderedMode.Off
            ? []
            : [.. tier.Cluster.Silos.Select((_, i) => new TierLoad(tier.Front(i), i * 10_000_000))];
        private Task? _stopped;

        /// <summary>Completes when each has had more records delivered.</summary>
        public Task DeliveredAsync() => Task.WhenAll(_ordered.Select(l => l.EndedAsync(15)).Concat(_loads.Select(l => l.EndedAsync(1_000))));

        public Task StopAsync() => _stopped ??= Task.WhenAll(_ordered.Select(l => l.StopAsync()).Concat(_loads.Select(l => l.StopAsync())));

        public void AssertAllDelivered()
        {
            foreach (var load in _loads)
                tier.AssertVisible(load.Records, load.Results);
            Assert.All(_ordered.SelectMany(l => l.Told), r => Assert.True(r.IsSuccess, r.ToString()));
            AssertNothingLost();
        }

        public void AssertNothingLost()
        {
            foreach (var load in _loads)
                tier.AssertNothingLost(load.Records, load.Results);
            foreach (var load in _ordered)
            {
                Assert.All(load.Told.Where(r => !r.IsSuccess), r => Assert.True(r.ErrorCode == RecordErrorCodes.ResourceNotFound, r.ToString()));
                load.AssertInOrder(tier.Server.Kinesis);
            }
        }

        public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

using Orleans.Kpl.Grains.Tests.Tiers;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Grains.Tests.Management;

/// <summary>
/// Somebody else changes the stream of a tier while the tier changes it too, under load on every silo, its shards not switching together and
/// its listing lagging behind. Records that are stuck expire, before two refresh periods of the map are over.
/// </summary>
public sealed class TierHarshReshardTests
{
    private static readonly TimeSpan TwoRefreshPeriods = TimeSpan.FromSeconds(120);

    private static readonly ReshardTiming Apart = new()
    {
        CutOverDelay = TimeSpan.FromMilliseconds(60),
        CutOverSpacing = TimeSpan.FromMilliseconds(30),
        UpdatingTime = TimeSpan.FromMilliseconds(50),
        ListShardsLag = TimeSpan.FromMilliseconds(150),
    };

    public static TheoryData<OrderedMode, bool> Interferences => new()
    {
        { OrderedMode.Off, true }, { OrderedMode.Off, false }, { OrderedMode.PutRecords, true }, { OrderedMode.PutRecord, false },
    };

    /// <summary>It splits, or merges with its neighbour, a shard that the operation has still to split.</summary>
    [Theory]
    [MemberData(nameof(Interferences))]
    public async Task SomebodyElseChangesTheShards_WhileAnOperationRuns_ItStopsWithAClearStateAndNothingIsLost(OrderedMode mode, bool splits)
    {
        await using var tier = await StartAsync(mode);
        await using var loads = new Loads(tier, mode);
        await loads.DeliveredAsync();

        var started = await tier.Manager.SetShardCount(10);
        await tier.WhenAsync(o => o.Step >= 1, started.OperationId);
        await Tier.UntilAsync(() => Task.FromResult(TryInterfere(tier.Server.Kinesis, started.Plan, splits)));
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

    public static TheoryData<OrderedMode, bool, int> Recreations => new()
    {
        { OrderedMode.Off, true, 2 }, { OrderedMode.Off, false, 4 }, { OrderedMode.Off, false, 3 },
        { OrderedMode.PutRecords, true, 3 }, { OrderedMode.PutRecords, false, 2 },
        { OrderedMode.PutRecord, true, 2 }, { OrderedMode.PutRecord, false, 4 },
    };

    /// <summary>Its shards have the ids of the former ones, of other or of the same ranges.</summary>
    [Theory]
    [MemberData(nameof(Recreations))]
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
        await Tier.UntilAsync(() => Task.FromResult(kinesis.Find(Tier.Stream) is null));
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

    private static async Task<Tier> StartAsync(OrderedMode mode)
    {
        var tier = await Tier.StartAsync(silos: 3, shards: 4, o =>
        {
            (o.Ordered, o.RecordTtl) = (mode, TwoRefreshPeriods);
            if (mode != OrderedMode.Off)
                o.RecordMaxBufferedTime = TimeSpan.FromMilliseconds(20);
        });
        tier.Server.Kinesis.Reshards = Apart;
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

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>Parents drain before children send.</summary>
public sealed class OrderedReshardTests
{
    private const int Keys = 16;

    public static TheoryData<OrderedMode> Modes => [OrderedMode.PutRecord, OrderedMode.PutRecords];

    [Theory]
    [InlineData(OrderedMode.PutRecord, 1, 2, 4)]
    [InlineData(OrderedMode.PutRecords, 1, 2, 4)]
    [InlineData(OrderedMode.PutRecord, 4, 2, 1)]
    [InlineData(OrderedMode.PutRecords, 4, 2, 1)]
    public async Task SplitOrMergeBySomebodyElse_UnderLoad_KeepsTheOrderOfEachKey(OrderedMode mode, int shards, int then, int last)
    {
        await using var harness = Ordered(mode, shards);
        await RunAsync(harness, reshardAt: [(100, FakeKinesis.Even(then, shards)), (200, FakeKinesis.Even(last, shards + then))]);
        if (last > shards)
            Assert.Contains(harness.Events.Said, static s => s.StartsWith("wrong shard", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task AnnouncedSplit_UnderLoad_SendsNothingAgainAndKeepsTheOrder(OrderedMode mode)
    {
        await using var harness = Ordered(mode, shards: 1);
        var next = FakeKinesis.Even(3, 1);
        var announced = false;
        await RunAsync(harness, reshardAt: [(150, next)], prepare: async () =>
        {
            await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [.. next.Skip(1).Select(s => s.StartingHashKey)]));
            announced = true;
        });
        Assert.True(announced);
        Assert.Equal(300, harness.Kinesis.Records.Count);
        Assert.DoesNotContain(harness.Events.Said, s => s.EndsWith("True", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NewMap_WhileTheParentHasOneInFlight_ChildrenWaitForIt()
    {
        await using var harness = Ordered(OrderedMode.PutRecord, shards: 1);
        Assert.True((await harness.DriveAsync(await harness.EnqueueAsync(InOrder.Record(0, Keys)))).IsSuccess);
        var inFlight = new TaskCompletionSource();
        harness.Kinesis.BeforePut = async (_, _) => await inFlight.Task;
        var puts = new List<Task<RecordResult>> { await harness.EnqueueAsync(InOrder.Record(1, Keys), PutOptions.WithoutLinger) };
        await PipelineHarness.SettleAsync();
        var calls = harness.Kinesis.Calls.Count;
        harness.Kinesis.Reshard(FakeKinesis.Even(2, 1));
        harness.Time.Advance(TimeSpan.FromSeconds(100));
        for (var i = 2; i < 40; i++)
            puts.Add(await harness.EnqueueAsync(InOrder.Record(i, Keys), PutOptions.WithoutLinger));
        await PipelineHarness.SettleAsync();
        Assert.Contains("map 2 2", harness.Events.Said);
        harness.Time.Advance(TimeSpan.FromSeconds(1));
        await PipelineHarness.SettleAsync();
        Assert.Equal(calls, harness.Kinesis.Calls.Count);

        harness.Kinesis.BeforePut = static (_, _) => default;
        inFlight.SetResult();
        await harness.DriveAsync(Task.WhenAll(puts));
        InOrder.Check(harness, puts.Select((p, i) => (p, i + 1)).Where(p => p.p.Result.IsSuccess).Select(p => p.Item2).Append(0).ToHashSet());
        Assert.All(puts.Skip(1), p => Assert.True(p.Result.IsSuccess));
    }

    [Fact]
    public async Task NewMaps_OneAfterTheOtherWhileOneIsInFlight_KeepTheOrder()
    {
        await using var harness = Ordered(OrderedMode.PutRecords, shards: 2, o => o.RecordTtl = TimeSpan.FromMinutes(30));
        await harness.DriveAsync(await harness.EnqueueAsync(InOrder.Record(0, Keys)));
        var inFlight = new TaskCompletionSource();
        var failing = true;
        harness.Kinesis.BeforePut = async (_, _) =>
        {
            await inFlight.Task;
            if (failing)
                throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "no");
        };
        var puts = new List<Task<RecordResult>>();
        var number = 1;
        for (var map = 0; map < 4; map++)
        {
            for (var i = 0; i < 50; i++)
                puts.Add(await harness.EnqueueAsync(InOrder.Record(number++, Keys), i % 5 == 0 ? PutOptions.WithoutLinger : null));
            await PipelineHarness.SettleAsync();
            harness.Kinesis.Reshard(FakeKinesis.Even(map % 2 == 0 ? 3 : 5, 10 * (map + 1)));
            harness.Time.Advance(TimeSpan.FromSeconds(100));
        }

        puts.Add(await harness.EnqueueAsync(InOrder.Record(number++, Keys)));
        await PipelineHarness.SettleAsync();
        inFlight.SetResult();
        await PipelineHarness.SettleAsync();
        failing = false;
        await harness.DriveAsync(Task.WhenAll(puts));
        Assert.All(puts, p => Assert.True(p.Result.IsSuccess));
        InOrder.Check(harness, Enumerable.Range(0, number).ToHashSet());
    }

    private static PipelineHarness Ordered(OrderedMode mode, int shards, Action<KplOptions>? configure = null) => new(shards, o =>
    {
        (o.Ordered, o.RecordMaxBufferedTime) = (mode, TimeSpan.FromMilliseconds(20));
        configure?.Invoke(o);
    });

    private static async Task RunAsync(PipelineHarness harness, (int At, IReadOnlyList<ShardRange> Shards)[] reshardAt, Func<Task>? prepare = null)
    {
        const int records = 300;
        harness.Kinesis.BeforePut = async (_, token) => await Task.Delay(TimeSpan.FromMilliseconds(40), harness.Time, token);
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < records; i++)
        {
            puts.Add(await harness.EnqueueAsync(InOrder.Record(i, Keys)));
            foreach (var (_, shards) in reshardAt.Where(r => r.At == i))
            {
                if (prepare is not null)
                    await prepare();
                harness.Kinesis.Reshard(shards);
            }

            await PipelineHarness.SettleAsync();
            harness.Time.Advance(TimeSpan.FromMilliseconds(3));
        }

        await harness.DriveAsync(Task.WhenAll(puts));
        Assert.All(puts, p => Assert.True(p.Result.IsSuccess, p.Result.ToString()));
        Visible.Check(harness, puts.Select(p => p.Result));
        InOrder.Check(harness, Enumerable.Range(0, records).ToHashSet());
    }
}

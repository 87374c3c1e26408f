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

    private static PipelineHarness Ordered(OrderedMode mode, int shards) =>
        new(shards, o => (o.Ordered, o.RecordMaxBufferedTime) = (mode, TimeSpan.FromMilliseconds(20)));

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

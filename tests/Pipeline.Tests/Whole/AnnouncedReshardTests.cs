using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Reshards of our own, whose boundaries are known before the service switches.</summary>
public sealed class AnnouncedReshardTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Announced_NothingIsSentTwiceWheneverTheServiceSwitches(int seed)
    {
        var random = new Random(seed);
        await using var bench = new PipelineHarness(shards: random.Next(1, 5), configure: Small, seed);
        var former = bench.Kinesis.Shards;
        var next = FakeKinesis.Even(random.Next(2, 10), firstId: 100);
        var reshardAt = random.Next(5, 20);
        var lag = random.Next(2) * random.Next(1, 4_000);
        var puts = new List<Task<RecordResult[]>>();
        for (var i = 0; i < 40; i++)
        {
            puts.Add(bench.Producer.PutAsync(PipelineHarness.Stream, Records(i, 50)).AsTask());
            await PipelineHarness.SettleAsync();
            if (i == reshardAt)
            {
                await bench.DriveAsync(bench.Producer.AnnounceBoundaries(PipelineHarness.Stream, [.. next.Select(s => s.StartingHashKey)]), 1);
                SwitchAt(bench, random.Next(0, 60), next, former, lag);
            }

            bench.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 60)));
        }

        var results = (await bench.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r).ToList();

        Visible.Check(bench, results);
        Assert.Equal(next.Select(s => s.ShardId), bench.Kinesis.Shards.Select(s => s.ShardId));
        Assert.Equal(0, Visible.Duplicates(bench));
        Assert.All(results, r => Assert.Single(r.Attempts));
    }

    [Fact]
    public async Task NotAnnounced_SendsAgainNoMoreThanWasInFlightOrQueued()
    {
        await using var bench = new PipelineHarness(shards: 1, configure: Small);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        var next = FakeKinesis.Even(2, firstId: 100);
        SwitchAt(bench, 30, next, bench.Kinesis.Shards, 0);
        var most = 0L;
        var puts = new List<Task<RecordResult[]>>();
        for (var i = 1; i <= 40; i++)
        {
            puts.Add(bench.Producer.PutAsync(PipelineHarness.Stream, Records(i, 50)).AsTask());
            most = Math.Max(most, bench.Producer.OutstandingRecords);
            await PipelineHarness.SettleAsync();
            bench.Time.Advance(TimeSpan.FromMilliseconds(20));
        }

        var results = (await bench.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r).ToList();

        Visible.Check(bench, results);
        Assert.InRange(Visible.Duplicates(bench), 1, most);
    }

    [Fact]
    public async Task Announce_CompletesWhenNothingThatStraddlesIsInFlight_NotEvenOnItsWayBack()
    {
        await using var bench = new PipelineHarness(shards: 1);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        var release = new TaskCompletionSource();
        bench.Kinesis.BeforePut = async (_, _) => await release.Task;
        var left = 1;
        bench.Kinesis.Refuse = (_, _) => left-- > 0 ? new(null, null, "InternalFailure", "as the test says") : null;
        var put = bench.Producer.PutAsync(PipelineHarness.Stream, Records(1, 50), PutOptions.WithoutLinger).AsTask();
        bench.Time.Advance(TimeSpan.FromMilliseconds(10));
        await PipelineHarness.SettleAsync();
        Assert.Equal(2, bench.Kinesis.Calls.Count);

        var next = FakeKinesis.Even(2, firstId: 1);
        var announced = bench.Producer.AnnounceBoundaries(PipelineHarness.Stream, [next[1].StartingHashKey]);
        await PipelineHarness.SettleAsync();
        Assert.False(announced.IsCompleted);

        release.SetResult();
        await bench.DriveAsync(announced);
        bench.Kinesis.Reshard(next);
        var results = await bench.DriveAsync(put);

        Visible.Check(bench, results);
        Assert.Equal(0, Visible.Duplicates(bench));
        Assert.All(results, r => Assert.Equal(2, r.Attempts.Count));
    }

    [Fact]
    public async Task Announced_KeepsOneAggregateForEachFutureShard_UntilWithdrawn()
    {
        await using var bench = new PipelineHarness(shards: 1);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        UInt128[] thirds = [UInt128.MaxValue / 3, UInt128.MaxValue / 3 * 2];

        await bench.DriveAsync(bench.Producer.AnnounceBoundaries(PipelineHarness.Stream, thirds));
        var cut = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(90)).AsTask());
        bench.Producer.WithdrawBoundaries(PipelineHarness.Stream, thirds);
        var whole = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(90)).AsTask());

        Assert.Equal(3, cut.Select(r => r.SequenceNumber).Distinct().Count());
        Assert.Single(whole.Select(r => r.SequenceNumber).Distinct());
    }

    [Fact]
    public async Task Announced_WithoutAReshard_IsForgottenAfterTenMinutes()
    {
        await using var bench = new PipelineHarness(shards: 1);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        await bench.DriveAsync(bench.Producer.AnnounceBoundaries(PipelineHarness.Stream, [UInt128.MaxValue / 2]));

        bench.Time.Advance(TimeSpan.FromMinutes(9));
        var cut = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(90)).AsTask());
        bench.Time.Advance(TimeSpan.FromMinutes(2));
        await PipelineHarness.SettleAsync();
        var whole = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(90)).AsTask());

        Assert.Equal(2, cut.Select(r => r.SequenceNumber).Distinct().Count());
        Assert.Single(whole.Select(r => r.SequenceNumber).Distinct());
    }

    /// <summary>The service switches before the given entry from now on, perhaps in the middle of a call; ListShards tells of it later.</summary>
    private static void SwitchAt(PipelineHarness bench, int entry, IReadOnlyList<Pipeline.Routing.ShardRange> next, IReadOnlyList<Pipeline.Routing.ShardRange> former, int lagMs)
    {
        var listedFrom = long.MaxValue;
        bench.Kinesis.Listed = () => bench.Time.GetTimestamp() < Volatile.Read(ref listedFrom) ? former : null;
        bench.Kinesis.BeforeEntry = _ =>
        {
            if (entry-- != 0)
                return;
            bench.Kinesis.Reshard(next);
            Volatile.Write(ref listedFrom, bench.Time.GetTimestamp() + (lagMs * TimeSpan.TicksPerMillisecond));
        };
    }

    /// <summary>Many small aggregates, so that a call holds many entries.</summary>
    private static void Small(KplOptions options) => (options.AggregationMaxSize, options.RateLimit) = (400, 1_000);

    private static UserRecord[] Records(int batch, int count) => [.. Enumerable.Range(batch * count, count).Select(i => PipelineHarness.Record(i))];
}

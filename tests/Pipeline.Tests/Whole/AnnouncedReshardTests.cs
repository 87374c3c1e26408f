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
        await using var harness = new PipelineHarness(shards: random.Next(1, 5), configure: Small, seed);
        var former = harness.Kinesis.Shards;
        var next = FakeKinesis.Even(random.Next(2, 10), firstId: 100);
        var reshardAt = random.Next(5, 20);
        var lag = random.Next(2) * random.Next(1, 4_000);
        var puts = new List<Task<RecordResult[]>>();
        for (var i = 0; i < 40; i++)
        {
            puts.Add(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50, first: i * 50)).AsTask());
            await PipelineHarness.SettleAsync();
            if (i == reshardAt)
            {
                await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [.. next.Select(s => s.StartingHashKey)]), 1);
                SwitchAt(harness, random.Next(0, 60), next, former, lag);
            }

            harness.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 60)));
        }

        var results = (await harness.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r).ToList();

        Visible.Check(harness, results);
        Assert.Equal(next.Select(s => s.ShardId), harness.Kinesis.Shards.Select(s => s.ShardId));
        Assert.Equal(0, Visible.Duplicates(harness));
        Assert.All(results, r => Assert.Single(r.Attempts));
    }

    [Fact]
    public async Task NotAnnounced_SendsAgainNoMoreThanWasInFlightOrQueued()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: Small);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        var next = FakeKinesis.Even(2, firstId: 100);
        SwitchAt(harness, 30, next, harness.Kinesis.Shards, 0);
        var most = 0L;
        var puts = new List<Task<RecordResult[]>>();
        for (var i = 1; i <= 40; i++)
        {
            puts.Add(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50, first: i * 50)).AsTask());
            most = Math.Max(most, harness.Producer.OutstandingRecords);
            await PipelineHarness.SettleAsync();
            harness.Time.Advance(TimeSpan.FromMilliseconds(20));
        }

        var results = (await harness.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r).ToList();

        Visible.Check(harness, results);
        Assert.InRange(Visible.Duplicates(harness), 1, most);
    }

    /// <summary>What waited for a call had paid for its way, and its members paid again: the shard sent nothing until that was earned.</summary>
    [Fact]
    public async Task Announce_WhileRecordsWaitForACall_ChargesThemOnce()
    {
        await using var harness = new PipelineHarness(shards: 1, static o => (o.MaxConnections, o.RateLimit) = (1, 10));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        var release = harness.Kinesis.HoldPuts();
        var before = await harness.EnqueueAsync(PipelineHarness.Record(1), PutOptions.WithoutLinger);
        await harness.JumpAsync(TimeSpan.FromMilliseconds(10));
        var put = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(40, 1_000, first: 2), PutOptions.WithoutLinger).AsTask();
        await harness.JumpAsync(TimeSpan.FromMilliseconds(10));
        Assert.Equal(2, harness.Kinesis.Calls.Count);

        var announced = harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [FakeKinesis.Even(2, firstId: 1)[1].StartingHashKey]);
        await PipelineHarness.SettleAsync();
        release.SetResult();
        await harness.PassAsync(TimeSpan.FromMilliseconds(20));

        Assert.Equal((true, true, true), (announced.IsCompletedSuccessfully, before.IsCompletedSuccessfully, put.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task Announce_CompletesWhenNothingThatStraddlesIsInFlight_NotEvenOnItsWayBack()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        var release = harness.Kinesis.HoldPuts();
        var left = 1;
        harness.Kinesis.Refuse = (_, _) => left-- > 0 ? new(null, null, "InternalFailure", "as the test says") : null;
        var put = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50, first: 50), PutOptions.WithoutLinger).AsTask();
        await harness.JumpAsync(TimeSpan.FromMilliseconds(10));
        Assert.Equal(2, harness.Kinesis.Calls.Count);

        var next = FakeKinesis.Even(2, firstId: 1);
        var announced = harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [next[1].StartingHashKey]);
        await PipelineHarness.SettleAsync();
        Assert.False(announced.IsCompleted);

        release.SetResult();
        await harness.DriveAsync(announced);
        harness.Kinesis.Reshard(next);
        var results = await harness.DriveAsync(put);

        Visible.Check(harness, results);
        Assert.Equal(0, Visible.Duplicates(harness));
        Assert.All(results, r => Assert.Equal(2, r.Attempts.Count));
    }

    [Fact]
    public async Task Announced_KeepsOneAggregateForEachFutureShard_UntilWithdrawn()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        UInt128[] thirds = [UInt128.MaxValue / 3, UInt128.MaxValue / 3 * 2];

        await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, thirds));
        var cut = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(90)).AsTask());
        harness.Producer.WithdrawBoundaries(PipelineHarness.Stream, thirds);
        var whole = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(90)).AsTask());

        Assert.Equal(3, cut.Select(r => r.SequenceNumber).Distinct().Count());
        Assert.Single(whole.Select(r => r.SequenceNumber).Distinct());
    }

    [Fact]
    public async Task Announced_WithoutAReshard_IsForgottenAfterTenMinutes()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [UInt128.MaxValue / 2]));

        harness.Time.Advance(TimeSpan.FromMinutes(9));
        var cut = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(90)).AsTask());
        await harness.JumpAsync(TimeSpan.FromMinutes(2));
        var whole = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(90)).AsTask());

        Assert.Equal(2, cut.Select(r => r.SequenceNumber).Distinct().Count());
        Assert.Single(whole.Select(r => r.SequenceNumber).Distinct());
    }

    /// <summary>The service switches before the given entry from now on, perhaps in the middle of a call; ListShards tells of it later.</summary>
    private static void SwitchAt(PipelineHarness harness, int entry, IReadOnlyList<ShardRange> next, IReadOnlyList<ShardRange> former, int lagMs)
    {
        var listedFrom = long.MaxValue;
        harness.Kinesis.Listed = () => harness.Time.GetTimestamp() < Volatile.Read(ref listedFrom) ? former : null;
        harness.Kinesis.BeforeEntry = _ =>
        {
            if (entry-- != 0)
                return;
            harness.Kinesis.Reshard(next);
            Volatile.Write(ref listedFrom, harness.Time.GetTimestamp() + (lagMs * TimeSpan.TicksPerMillisecond));
        };
    }

    /// <summary>Many small aggregates, so that a call holds many entries.</summary>
    private static void Small(KplOptions options) => (options.AggregationMaxSize, options.RateLimit) = (400, 1_000);
}

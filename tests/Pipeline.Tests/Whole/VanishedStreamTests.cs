using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Streams that were there and are deleted, and perhaps created again under the same name.</summary>
public sealed class VanishedStreamTests
{
    private static readonly KinesisException NotFound = new(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "Stream events under account 000000000000 not found.", 400);

    [Fact]
    public async Task Deleted_FailsWhatIsInFlightAndWhatIsHeldOnceTheMapSaysSo()
    {
        await using var bench = new PipelineHarness(shards: 2);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        bench.Kinesis.BeforePut = (_, _) => throw NotFound;
        bench.Kinesis.BeforeList = _ => throw NotFound;

        var results = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(3_000, 500)).AsTask());
        var later = await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.All(results, r => Assert.Equal(RecordErrorCodes.ResourceNotFound, r.ErrorCode));
        Assert.Equal(RecordErrorCodes.ResourceNotFound, later.ErrorCode);
        Assert.All(results, r => Assert.InRange(r.Attempts.Count, 0, 1));
    }

    [Fact]
    public async Task BeingCreatedAgain_IsWaitedForWithinTheTimeToLive()
    {
        await using var bench = new PipelineHarness(shards: 4);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        var isThere = false;
        bench.Kinesis.BeforePut = (_, _) => isThere ? default : throw NotFound;
        bench.Kinesis.BeforeList = _ => isThere ? default : throw new KinesisException(KinesisFailureKind.Refused, "ResourceInUseException", "Stream is CREATING", 400);
        bench.Kinesis.Reshard(FakeKinesis.Even(3, firstId: 0));
        var put = bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(500)).AsTask();
        for (var i = 0; i < 100; i++)
        {
            await PipelineHarness.SettleAsync();
            bench.Time.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.False(put.IsCompleted);
        isThere = true;
        var results = await bench.DriveAsync(put);

        Visible.Check(bench, results);
        Assert.All(results, r => Assert.DoesNotContain(r.Attempts, a => a.ErrorCode == RecordErrorCodes.WrongShard));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public async Task CreatedAgainUnnoticedWithTheSameShardIds_NothingIsClaimedThatConsumersDoNotSee(int shards)
    {
        await using var bench = new PipelineHarness(shards: 4);
        await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());
        bench.Kinesis.Reshard(FakeKinesis.Even(shards, firstId: 0));
        bench.Kinesis.Summary = () => new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch.AddDays(1), 2048, false);
        bench.Time.Advance(TimeSpan.FromSeconds(100));

        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        await PipelineHarness.SettleAsync();
        var results = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());
        var large = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, new UserRecord("k", new byte[1_500_000])).AsTask());

        Visible.Check(bench, results);
        Assert.All(results, r => Assert.Single(r.Attempts));
        Assert.True(large.IsSuccess);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    [InlineData(4, 4)]
    [InlineData(2, 9)]
    public async Task CreatedAgainWhileSilent_EveryDeliveredRecordIsVisibleAndNoneTwice(int before, int after)
    {
        await using var bench = new PipelineHarness(before);
        await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, Records(0, 400)).AsTask());
        bench.Kinesis.CreateAgain(after);

        var results = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, Records(400, 3_000)).AsTask());

        Visible.Check(bench, results);
        CheckCopies(bench, results);
        Assert.Equal(2, bench.Events.Said.Count(s => s.StartsWith("map ", StringComparison.Ordinal)));
        Assert.All(results.Where(_ => before == after), r => Assert.Single(r.Attempts));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    public async Task CreatedAgainWhileSilent_WhereTheMapTakesItsTime_TheSameHolds(int before, int after)
    {
        await using var bench = new PipelineHarness(before);
        await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, Records(0, 400)).AsTask());
        bench.Kinesis.CreateAgain(after);
        var listed = bench.Time.GetTimestamp() + TimeSpan.TicksPerSecond;
        bench.Kinesis.BeforeList = async stop =>
        {
            while (bench.Time.GetTimestamp() < listed)
                await Task.Delay(TimeSpan.FromMilliseconds(10), bench.Time, stop);
        };
        var puts = new List<Task<RecordResult[]>>();
        for (var i = 0; i < 20; i++)
        {
            puts.Add(bench.Producer.PutAsync(PipelineHarness.Stream, Records(400 + (i * 100), 100)).AsTask());
            await PipelineHarness.SettleAsync();
            bench.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        var results = (await bench.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r).ToArray();

        Visible.Check(bench, results);
        CheckCopies(bench, results);
        // Each shard sends until its first answer comes, and then waits.
        Assert.InRange(results.Count(r => r.Attempts.Count > 1), before == 1 ? 1 : 0, 100);
    }

    /// <summary>The first answers of the new stream all come from the shard that was predicted; only their numbers tell.</summary>
    [Fact]
    public async Task CreatedAgainWhileSilent_OneAggregateInThePredictedShard_IsNotClaimed()
    {
        await using var bench = new PipelineHarness(shards: 1);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        bench.Kinesis.CreateAgain(4);
        UserRecord[] records = [new("first", new byte[1], UInt128.Zero), new("second", new byte[1], UInt128.MaxValue)];

        var results = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, records).AsTask());

        Visible.Check(bench, results);
        Assert.Equal(["shardId-000000000000", "shardId-000000000003"], results.Select(r => r.ShardId));
        Assert.All(results, r => Assert.Equal((2, RecordErrorCodes.WrongShard), (r.Attempts.Count, r.Attempts[0].ErrorCode)));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    public async Task CreatedAgainWhileSilent_NumbersThatDoNotTell_OneStrangeAnswerCastsDoubtOnItsWholeCall(int before, int after)
    {
        await using var bench = new PipelineHarness(before, o => o.AggregationMaxCount = 50);
        bench.Kinesis.NumbersTell = false;
        await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, Records(0, 400)).AsTask());
        bench.Kinesis.CreateAgain(after);

        var results = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, Records(400, 3_000)).AsTask());

        Visible.Check(bench, results);
        CheckCopies(bench, results);
    }

    /// <summary>It took a record in the middle of an announced reshard, and was gone before any listing told of it.</summary>
    [Fact]
    public async Task ShardOfTheFormerStream_IsNotLookedForOnceTheStreamWasCreatedAgain()
    {
        await using var bench = new PipelineHarness(shards: 1);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(-1)));
        var parent = bench.Kinesis.Shards;
        var next = FakeKinesis.Even(2, firstId: 1);
        await bench.DriveAsync(bench.Producer.AnnounceBoundaries(PipelineHarness.Stream, [next[1].StartingHashKey]), 1);
        bench.Kinesis.Listed = () => parent;
        bench.Kinesis.Reshard(next);
        var put = bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50), PutOptions.WithoutLinger).AsTask();
        await PipelineHarness.SettleAsync();
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await PipelineHarness.SettleAsync();
        Assert.False(put.IsCompleted);

        bench.Kinesis.Listed = static () => null;
        bench.Kinesis.CreateAgain(1);
        var since = bench.Time.GetTimestamp();
        var results = await bench.DriveAsync(put, 100);

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        Visible.Check(bench, results);
        Assert.InRange(bench.Time.GetTimestamp() - since, 0, 10 * TimeSpan.TicksPerSecond);
    }

    [Fact]
    public async Task NumbersThatContradictEvenAFreshMap_AreNotListenedToAnyMore()
    {
        await using var bench = new PipelineHarness(shards: 2);
        var (calls, first) = (0L, new string('4', 56));
        bench.Kinesis.Listed = () => [.. FakeKinesis.Even(2, 0).Select(s => s with { StartingSequenceNumber = first })];
        bench.Kinesis.Answer = reply => new PutRecordsReply(
            [.. reply.Entries.Select(e => e with { SequenceNumber = $"5{Interlocked.Increment(ref calls):D55}" })]);

        var early = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, Records(0, 400)).AsTask(), 50);
        var (searchedFor, listings) = (TimeSpan.FromTicks(bench.Time.GetTimestamp()), bench.Kinesis.Listings);
        var later = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, Records(400, 400)).AsTask());

        Assert.All(early.Concat(later), r => Assert.Equal((true, 1), (r.IsSuccess, r.Attempts.Count)));
        Assert.InRange(searchedFor.TotalSeconds, 0, 11);
        Assert.Equal(listings, bench.Kinesis.Listings);
    }

    private static UserRecord[] Records(int first, int count) => [.. Enumerable.Range(first, count).Select(i => PipelineHarness.Record(i))];

    /// <summary>Consumers see each record once; each copy that they do not see was sent again, and told so.</summary>
    private static void CheckCopies(PipelineHarness bench, IReadOnlyCollection<RecordResult> results)
    {
        var visible = bench.Kinesis.Records.Where(r => r.VisibleToKcl).ToList();
        Assert.Equal(visible.Count, visible.Select(r => r.Key).Distinct().Count());
        Assert.Equal(
            bench.Kinesis.Records.Count(r => !r.VisibleToKcl),
            results.Sum(r => r.Attempts.Count(a => a.ErrorCode == RecordErrorCodes.WrongShard)));
    }

    [Fact]
    public async Task NoRightToListShards_KinesisWordIsEnough()
    {
        await using var bench = new PipelineHarness(shards: 1);
        bench.Kinesis.BeforeList = _ => throw new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "no", 400);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        bench.Kinesis.BeforePut = (_, _) => throw NotFound;

        var result = await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.Equal((RecordErrorCodes.ResourceNotFound, 1), (result.ErrorCode, result.Attempts.Count));
    }
}

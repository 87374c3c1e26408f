using Orleans.Kpl.Pipeline.Tests.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Streams that were there and are deleted, and perhaps created again under the same name.</summary>
public sealed class VanishedStreamTests
{
    private static readonly KinesisException NotFound = new(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "Stream events under account 000000000000 not found.", 400);

    [Fact]
    public async Task Deleted_FailsWhatIsInFlightAndWhatIsHeldOnceTheMapSaysSo()
    {
        await using var harness = new PipelineHarness(shards: 2);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.BeforePut = (_, _) => throw NotFound;
        harness.Kinesis.BeforeList = _ => throw NotFound;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(3_000, 500)).AsTask());
        var later = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.All(results, r => Assert.Equal(RecordErrorCodes.ResourceNotFound, r.ErrorCode));
        Assert.Equal(RecordErrorCodes.ResourceNotFound, later.ErrorCode);
        Assert.All(results, r => Assert.InRange(r.Attempts.Count, 0, 1));
    }

    /// <summary>Those that came while the first were failed had an empty message.</summary>
    [Fact]
    public async Task NeverThere_FailsARecordThatComesWhileItIsTold_WithTheSameMessage()
    {
        await using var harness = new PipelineHarness();
        harness.Kinesis.BeforeList = static _ => throw NotFound;
        Task<RecordResult>? during = null;
        harness.Events.OnMissing = () => during ??= harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(1)).AsTask();

        var first = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));

        Assert.Equal([NotFound.Message, NotFound.Message], [first.ErrorMessage, (await harness.DriveAsync(during!)).ErrorMessage]);
    }

    /// <summary>One misspelt name once stayed in every gauge.</summary>
    [Fact]
    public async Task NeverThere_IsInNoGauge_UntilItIsThere()
    {
        await using var harness = new PipelineHarness();
        harness.Kinesis.BeforeList = _ => throw NotFound;
        using var reader = new MetricReader("UserRecordsPending", "OpenShards", "ForeignShare");
        await using var producer = new ProducerPipeline(harness.Options, harness.Kinesis, harness.Events, harness.Time, new Random(1), meters: reader);

        var put = producer.PutAsync("typo", PipelineHarness.Record(0)).AsTask();
        Assert.Equal(RecordErrorCodes.ResourceNotFound, (await harness.DriveAsync(put)).ErrorCode);
        reader.ReadGauges();
        Assert.Empty(reader.All);

        harness.Kinesis.BeforeList = static _ => default;
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        Assert.True((await harness.DriveAsync(producer.PutAsync("typo", PipelineHarness.Record(0)).AsTask())).IsSuccess);
        reader.ReadGauges();
        Assert.Equal((1, new MetricReader.Sum(1, 4)), (reader.Of("UserRecordsPending").Count, reader.Of("OpenShards")));
        Assert.Equal(new MetricReader.Sum(4, 0), reader.Of("ForeignShare"));
    }

    [Fact]
    public async Task BeingCreatedAgain_IsWaitedForWithinTheTimeToLive()
    {
        await using var harness = new PipelineHarness(shards: 4);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        var isThere = false;
        harness.Kinesis.BeforePut = (_, _) => isThere ? default : throw NotFound;
        harness.Kinesis.BeforeList = _ =>
            isThere ? default : throw new KinesisException(KinesisFailureKind.Refused, "ResourceInUseException", "Stream is CREATING", 400);
        harness.Kinesis.Reshard(FakeKinesis.Even(3, firstId: 0));
        var put = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(500)).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(5));

        Assert.False(put.IsCompleted);
        isThere = true;
        var results = await harness.DriveAsync(put);

        Visible.Check(harness, results);
        Assert.All(results, r => Assert.DoesNotContain(r.Attempts, a => a.ErrorCode == RecordErrorCodes.WrongShard));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public async Task CreatedAgainUnnoticedWithTheSameShardIds_NothingIsClaimedThatConsumersDoNotSee(int shards)
    {
        await using var harness = new PipelineHarness(shards: 4);
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());
        harness.Kinesis.Reshard(FakeKinesis.Even(shards, firstId: 0));
        harness.Kinesis.Summary = () => new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch.AddDays(1), 2048, false);
        harness.Time.Advance(TimeSpan.FromSeconds(100));

        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        await PipelineHarness.SettleAsync();
        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());
        var large = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, new UserRecord("k", new byte[1_500_000])).AsTask());

        Visible.Check(harness, results);
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
        await using var harness = new PipelineHarness(before);
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());
        harness.Kinesis.CreateAgain(after);

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(3_000, first: 400)).AsTask());

        Visible.Check(harness, results);
        CheckCopies(harness, results);
        Assert.Equal(2, harness.Events.Said.Count(s => s.StartsWith("map ", StringComparison.Ordinal)));
        Assert.All(results.Where(_ => before == after), r => Assert.Single(r.Attempts));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    public async Task CreatedAgainWhileSilent_WhereTheMapTakesItsTime_TheSameHolds(int before, int after)
    {
        await using var harness = new PipelineHarness(before);
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());
        harness.Kinesis.CreateAgain(after);
        var listed = harness.Time.GetTimestamp() + TimeSpan.TicksPerSecond;
        harness.Kinesis.BeforeList = async stop =>
        {
            while (harness.Time.GetTimestamp() < listed)
                await Task.Delay(TimeSpan.FromMilliseconds(10), harness.Time, stop);
        };
        var puts = new List<Task<RecordResult[]>>();
        for (var i = 0; i < 20; i++)
        {
            puts.Add(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(100, first: 400 + (i * 100))).AsTask());
            await PipelineHarness.SettleAsync();
            harness.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        var results = (await harness.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r).ToArray();

        Visible.Check(harness, results);
        CheckCopies(harness, results);
        // Each shard sends until its first answer comes, and then waits.
        Assert.InRange(results.Count(r => r.Attempts.Count > 1), before == 1 ? 1 : 0, 100);
    }

    /// <summary>The first answers of the new stream all come from the shard that was predicted; only their numbers tell.</summary>
    [Fact]
    public async Task CreatedAgainWhileSilent_OneAggregateInThePredictedShard_IsNotClaimed()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.CreateAgain(4);
        UserRecord[] records = [new("first", new byte[1], UInt128.Zero), new("second", new byte[1], UInt128.MaxValue)];

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask());

        Visible.Check(harness, results);
        Assert.Equal(["shardId-000000000000", "shardId-000000000003"], results.Select(r => r.ShardId));
        Assert.All(results, r => Assert.Equal((2, RecordErrorCodes.WrongShard), (r.Attempts.Count, r.Attempts[0].ErrorCode)));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    public async Task CreatedAgainWhileSilent_NumbersThatDoNotTell_OneStrangeAnswerCastsDoubtOnItsWholeCall(int before, int after)
    {
        await using var harness = new PipelineHarness(before, o => o.AggregationMaxCount = 50);
        harness.Kinesis.NumbersTell = false;
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());
        harness.Kinesis.CreateAgain(after);

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(3_000, first: 400)).AsTask());

        Visible.Check(harness, results);
        CheckCopies(harness, results);
    }

    /// <summary>It took a record in the middle of an announced reshard, and was gone before any listing told of it.</summary>
    [Fact]
    public async Task ShardOfTheFormerStream_IsNotLookedForOnceTheStreamWasCreatedAgain()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(-1)));
        var parent = harness.Kinesis.Shards;
        var next = FakeKinesis.Even(2, firstId: 1);
        await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [next[1].StartingHashKey]), 1);
        harness.Kinesis.Listed = () => parent;
        harness.Kinesis.Reshard(next);
        var put = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50), PutOptions.WithoutLinger).AsTask();
        await harness.JumpAsync(TimeSpan.FromSeconds(1));
        Assert.False(put.IsCompleted);

        harness.Kinesis.Listed = static () => null;
        harness.Kinesis.CreateAgain(1);
        var since = harness.Time.GetTimestamp();
        var results = await harness.DriveAsync(put, 100);

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        Visible.Check(harness, results);
        Assert.InRange(harness.Time.GetTimestamp() - since, 0, 10 * TimeSpan.TicksPerSecond);
    }

    [Fact]
    public async Task NumbersThatContradictEvenAFreshMap_AreNotListenedToAnyMore()
    {
        await using var harness = new PipelineHarness(shards: 2);
        var (calls, first) = (0L, new string('4', 56));
        harness.Kinesis.Listed = () => [.. FakeKinesis.Even(2, 0).Select(s => s with { StartingSequenceNumber = first })];
        harness.Kinesis.Answer = reply => new PutRecordsReply(
            [.. reply.Entries.Select(e => e with { SequenceNumber = $"5{Interlocked.Increment(ref calls):D55}" })]);

        var early = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask(), 50);
        var (searchedFor, listings) = (TimeSpan.FromTicks(harness.Time.GetTimestamp()), harness.Kinesis.Listings);
        var later = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400, first: 400)).AsTask());

        Assert.All(early.Concat(later), r => Assert.Equal((true, 1), (r.IsSuccess, r.Attempts.Count)));
        Assert.InRange(searchedFor.TotalSeconds, 0, 11);
        Assert.Equal(listings, harness.Kinesis.Listings);
    }

    /// <summary>The map is read only when the shard that took them is closed as well: it shows no shard that is known, and their numbers are right.</summary>
    [Fact]
    public async Task CreatedAgainWhileSilent_AndReshardedBeforeTheMapIsRead_NothingIsClaimedThatConsumersDoNotSee()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.CreateAgain(2);
        harness.Kinesis.AfterPut = () =>
        {
            harness.Kinesis.AfterPut = static () => ValueTask.CompletedTask;
            harness.Kinesis.Reshard(FakeKinesis.Even(3, firstId: 2));
            return ValueTask.CompletedTask;
        };
        UserRecord[] records = [new("first", new byte[1], UInt128.Zero), new("second", new byte[1], UInt128.MaxValue)];

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask(), 100);

        Visible.Check(harness, results);
        Assert.Equal(["shardId-000000000002", "shardId-000000000004"], results.Select(static r => r.ShardId));
    }

    /// <summary>Consumers see each record once; each copy that they do not see was sent again, and told so.</summary>
    private static void CheckCopies(PipelineHarness harness, IReadOnlyCollection<RecordResult> results)
    {
        var visible = harness.Kinesis.Records.Where(r => r.VisibleToKcl).ToList();
        Assert.Equal(visible.Count, visible.Select(r => r.Key).Distinct().Count());
        Assert.Equal(
            harness.Kinesis.Records.Count(r => !r.VisibleToKcl),
            results.Sum(r => r.Attempts.Count(a => a.ErrorCode == RecordErrorCodes.WrongShard)));
    }

    [Fact]
    public async Task NoRightToListShards_KinesisWordIsEnough()
    {
        await using var harness = new PipelineHarness(shards: 1);
        harness.Kinesis.BeforeList = _ => throw new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "no", 400);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.BeforePut = (_, _) => throw NotFound;

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.Equal((RecordErrorCodes.ResourceNotFound, 1), (result.ErrorCode, result.Attempts.Count));
    }
}

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <remarks>Tests <see cref="Pipeline.Maps.Following.ShardMapApplier"/> and <see cref="Pipeline.Maps.Following.ShardTopology"/>.</remarks>
public sealed class MapFollowingTests
{
    [Fact]
    public async Task WhileRecordsFlow_TheMapIsReadAgainEachMinuteOrSo_AndNotWhenIdle()
    {
        await using var harness = new PipelineHarness(shards: 2);
        for (var second = 0; second < 600; second++)
        {
            await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(second), PutOptions.WithoutLinger).AsTask(), 10);
            harness.Time.Advance(TimeSpan.FromMilliseconds(990));
        }

        Assert.InRange(harness.Kinesis.Listings, 600 / 91, 1 + (600 / 60));
        var listings = harness.Kinesis.Listings;
        await harness.JumpAsync(TimeSpan.FromHours(10));

        Assert.Equal(listings, harness.Kinesis.Listings);
        Assert.Equal(0, harness.Time.ArmedTimers);
    }

    [Fact]
    public async Task ListingThatGoesBackInTime_IsNotBelieved()
    {
        await using var harness = new PipelineHarness(shards: 1);
        var parent = harness.Kinesis.Shards;
        harness.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50)).AsTask());
        harness.Kinesis.Listed = () => parent;
        harness.Time.Advance(TimeSpan.FromSeconds(100));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(50)));
        await PipelineHarness.SettleAsync();

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());

        Assert.All(results, r => Assert.Single(r.Attempts));
        Assert.Equal(1, harness.Events.Said.Count(s => s.StartsWith("map ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task StreamCreatedAgainThatLooksLikeAnOldListing_IsBelievedOnceTheCreationTimeTells()
    {
        await using var harness = new PipelineHarness(shards: 1);
        var whole = harness.Kinesis.Shards;
        harness.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50)).AsTask());
        await harness.JumpAsync(TimeSpan.FromSeconds(31));

        harness.Kinesis.Reshard(whole);
        harness.Kinesis.Summary = static () => new("arn", "ACTIVE", DateTimeOffset.UnixEpoch.AddDays(1), 1024, false);
        harness.Time.Advance(TimeSpan.FromSeconds(69));
        var results = new List<RecordResult>();
        for (var i = 0; i < 5; i++)
        {
            results.AddRange(await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask()));
            await harness.JumpAsync(TimeSpan.FromSeconds(1));
        }

        Visible.Check(harness, results);
        Assert.Contains("map 2 1", harness.Events.Said);
    }

    [Fact]
    public async Task LimitLoweredWhileLargeRecordsWait_TheyFailTypedAndNeighboursFlow()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.RecordTtl = TimeSpan.FromMinutes(5));
        var limit = 10_240;
        harness.Kinesis.Summary = () => new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch, Volatile.Read(ref limit), false);
        harness.Kinesis.BeforePut = (entries, _) => entries.ToArray().Any(e => e.Data.Length + e.PartitionKey.Length > Volatile.Read(ref limit) * 1024)
            ? throw new KinesisException(KinesisFailureKind.Refused, "ValidationException", "1 validation error detected: record too large", 400)
            : default;
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, new UserRecord("first", new byte[9_900_000])).AsTask(), 50);
        Volatile.Write(ref limit, 1_024);
        var large = new List<Task<RecordResult>>();
        for (var i = 0; i < 3; i++)
            large.Add(await harness.EnqueueAsync(new UserRecord($"large-{i}", new byte[9_900_000])));
        var small = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(500, 100)).AsTask();

        var results = await harness.DriveAsync(Task.WhenAll(large), 50);
        var failedAt = harness.Time.GetTimestamp();
        var delivered = await harness.DriveAsync(small, 50);

        Assert.All(results, r => Assert.Equal((RecordErrorCodes.RecordTooLarge, 9_900_000), (r.ErrorCode, r.Record!.Value.Data.Length)));
        Visible.Check(harness, delivered);
        Assert.InRange(TimeSpan.FromTicks(harness.Time.GetTimestamp() - failedAt).TotalSeconds, 0, 2);
        await Assert.ThrowsAsync<RecordValidationException>(
            async () => await harness.Producer.PutAsync(PipelineHarness.Stream, new UserRecord("k", new byte[1_100_000])));
    }

    /// <summary>A raised limit was noticed by the next process only.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LimitRaised_IsNoticedWithALargerRecord_AskedForOnceInTwentySeconds(bool inABatch)
    {
        await using var harness = new PipelineHarness(shards: 1);
        var (limit, asked) = (1_024, 0);
        harness.Kinesis.Summary = () =>
        {
            Interlocked.Increment(ref asked);
            return new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch, Volatile.Read(ref limit), false);
        };
        for (var i = 0; i < 3; i++)
            Assert.Equal(RecordErrorCodes.RecordTooLarge, await harness.DriveAsync(PutAsync(), 50));
        Volatile.Write(ref limit, 2_048);
        Assert.Equal((RecordErrorCodes.RecordTooLarge, 1), (await harness.DriveAsync(PutAsync(), 50), asked));

        // The second of two was refused by the former answer, while the first waited for the new one.
        harness.Time.Advance(TimeSpan.FromSeconds(21));
        var told = new TaskCompletionSource();
        harness.Kinesis.BeforeSummary = _ => new ValueTask(told.Task);
        var both = Task.WhenAll(PutAsync(), PutAsync());
        told.SetResult();
        Assert.Equal([null, null], await harness.DriveAsync(both, 50));
        Assert.Equal(2, asked);

        async Task<string?> PutAsync()
        {
            var large = new UserRecord("k", new byte[1_500_000]);
            if (inABatch)
                return (await harness.Producer.PutAsync(PipelineHarness.Stream, [large]))[0].ErrorCode;
            try
            {
                return (await harness.Producer.PutAsync(PipelineHarness.Stream, large)).ErrorCode;
            }
            catch (RecordValidationException refused)
            {
                return refused.Code;
            }
        }
    }

    /// <summary>Every 20 s a question to Kinesis, of which an account has 20 a second, held up records that no answer could help.</summary>
    [Fact]
    public async Task LimitOfTheSettings_RefusesALargerRecordWithoutAQuestion()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.MaxUserRecordSize = 10_000);
        harness.Kinesis.BeforeSummary = static async ct => await Task.Delay(Timeout.Infinite, ct);

        Assert.True(harness.Producer.EnqueueAsync(PipelineHarness.Stream, [new UserRecord("k", new byte[9_900])]).IsCompleted);
        await Assert.ThrowsAsync<RecordValidationException>(() => harness.EnqueueAsync(new UserRecord("k", new byte[10_000])));
    }

    /// <summary>
    /// In an outage a record of 2 MB failed for good, because nobody had told yet that the stream takes 10 MiB, or that it takes more than before.
    /// </summary>
    [Theory]
    [InlineData(10_240, false, null)]
    [InlineData(10_240, true, null)]
    [InlineData(1_024, false, RecordErrorCodes.RecordTooLarge)]
    public async Task LimitThatCannotBeRead_RefusesNoLargeRecord_KinesisDecides(int limit, bool wasRaised, string? code)
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.RecordTtl = TimeSpan.FromMinutes(5));
        var isAway = true;
        harness.Kinesis.Summary = () => Volatile.Read(ref isAway)
            ? throw new KinesisException(KinesisFailureKind.Refused, "ServiceUnavailable", "down", 503)
            : new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch, Volatile.Read(ref limit), false);
        harness.Kinesis.BeforePut = (entries, _) => Volatile.Read(ref isAway)
            ? throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "refused")
            : entries.ToArray().Any(e => e.Data.Length + e.PartitionKey.Length > limit * 1024)
                ? throw new KinesisException(KinesisFailureKind.Refused, "ValidationException", "1 validation error detected: record too large", 400)
                : default(ValueTask);
        if (wasRaised)
        {
            var most = limit;
            (limit, isAway) = (1_024, false);
            await Assert.ThrowsAsync<RecordValidationException>(() => harness.EnqueueAsync(new UserRecord("large", new byte[2_000_000])));
            harness.Time.Advance(TimeSpan.FromSeconds(21));
            (limit, isAway) = (most, true);
        }

        var large = await harness.EnqueueAsync(new UserRecord("large", new byte[2_000_000]));
        var small = await harness.EnqueueAsync(PipelineHarness.Record(1));
        for (var i = 0; i < 20; i++)
        {
            await harness.JumpAsync(TimeSpan.FromSeconds(1));
        }

        Volatile.Write(ref isAway, false);
        Assert.Equal(code, (await harness.DriveAsync(large, 50)).ErrorCode);
        Assert.Null((await harness.DriveAsync(small, 50)).ErrorCode);
    }
}

using System.Text;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

public sealed class RetryTests
{
    private static readonly PutRecordsReplyEntry Throttle = new(null, null, RecordErrorCodes.Throttled, "Rate exceeded for shard");

    [Fact]
    public async Task Throttled_IsTriedAgainUntilItIsTaken()
    {
        await using var harness = new PipelineHarness(shards: 1);
        var left = 3;
        harness.Kinesis.Refuse = (_, _) => left-- > 0 ? Throttle : null;

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.True(result.IsSuccess);
        Assert.Equal(4, result.Attempts.Count);
        Assert.All(result.Attempts.Take(3), a => Assert.Equal(RecordErrorCodes.Throttled, a.ErrorCode));
        Assert.True(result.Attempts[3].Succeeded);
        var waits = result.Attempts.Zip(result.Attempts.Skip(1), (a, b) => (b.StartedAt - a.EndedAt).TotalMilliseconds).ToArray();
        Assert.InRange(waits[0], 25, 60);
        Assert.InRange(waits[1], 50, 110);
        Assert.InRange(waits[2], 100, 210);
    }

    [Fact]
    public async Task OneRefusedEntry_LeavesItsNeighboursAlone()
    {
        await using var harness = new PipelineHarness(shards: 4);
        var refused = harness.Kinesis.Shards[2].ShardId;
        var left = 2;
        harness.Kinesis.Refuse = (_, shard) => shard.ShardId == refused && left-- > 0 ? new(null, null, "InternalFailure", "Internal Service Failure") : null;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());

        Assert.All(results, r => Assert.True(r.IsSuccess));
        Assert.All(results, r => Assert.Equal(r.ShardId == refused ? 3 : 1, r.Attempts.Count));
        Assert.Equal(400, harness.Kinesis.Records.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FailIfThrottled_FailsAtOnce(bool wholeCall)
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.FailIfThrottled = true);
        harness.Kinesis.Refuse = (_, _) => Throttle;
        if (wholeCall)
            harness.Kinesis.BeforePut = (_, _) => throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.Throttled, "slow down", 400);

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Throttled, 1), (result.Status, result.ErrorCode, result.Attempts.Count));
        Assert.Equal("key-1", result.Record?.PartitionKey);
        Assert.Throws<RecordFailedException>(() => result.EnsureSuccess());
    }

    [Fact]
    public async Task MaxAttempts_EndsTheTries()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.MaxAttempts = 3);
        harness.Kinesis.Refuse = (_, _) => Throttle;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(5)).AsTask());

        Assert.All(results, r => Assert.Equal((RecordErrorCodes.Throttled, 3), (r.ErrorCode, r.Attempts.Count)));
        Assert.Equal("Rate exceeded for shard (after 3 attempts that count, all that MaxAttempts allows)", results[0].ErrorMessage);
    }

    [Fact]
    public async Task Expired_EndsWithThatCodeAndEveryTry()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.RecordTtl = TimeSpan.FromSeconds(2));
        harness.Kinesis.Refuse = (_, _) => Throttle;

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.Equal(RecordErrorCodes.Expired, result.ErrorCode);
        Assert.True(result.Attempts.Count > 3, string.Join('\n', result.Attempts));
        Assert.Equal(RecordErrorCodes.Expired, result.Attempts[^1].ErrorCode);
        Assert.Equal(TimeSpan.Zero, result.Attempts[^1].Duration);
        Assert.InRange((result.Attempts[^1].EndedAt - Testing.FakeTimeProvider.Start).TotalSeconds, 2, 2.2);
    }

    [Fact]
    public async Task TimeToLiveOfARequest_EndsOnlyItsOwnRecords()
    {
        await using var harness = new PipelineHarness(shards: 1);
        var open = false;
        harness.Kinesis.Refuse = (_, _) => open ? null : Throttle;
        var brief = await harness.EnqueueAsync(PipelineHarness.Record(1), new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(400) });
        var lasting = await harness.EnqueueAsync(PipelineHarness.Record(2));

        var expired = await harness.DriveAsync(brief);
        open = true;
        var delivered = await harness.DriveAsync(lasting);

        Assert.Equal(RecordErrorCodes.Expired, expired.ErrorCode);
        Assert.True(delivered.IsSuccess);
        Assert.Single(harness.Kinesis.Records);
    }

    [Fact]
    public async Task Expired_MembersThatLiveOnStayTogether()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.RecordTtl = TimeSpan.FromSeconds(2));
        harness.Kinesis.GoAway();
        var earlier = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(20)).AsTask();
        await PipelineHarness.SettleAsync();
        harness.Time.Advance(TimeSpan.FromMilliseconds(40));
        var later = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(20)).AsTask();

        var expired = await harness.DriveAsync(earlier);
        var tries = harness.Kinesis.Calls.Count;
        Assert.False(later.IsCompleted);
        Assert.All(await harness.DriveAsync(later), r => Assert.Equal(RecordErrorCodes.Expired, r.ErrorCode));

        Assert.All(expired, r => Assert.Equal(RecordErrorCodes.Expired, r.ErrorCode));
        Assert.True(harness.Kinesis.Calls.Count > tries, "what lives on was not tried again");
        Assert.All(harness.Kinesis.Calls, records => Assert.Equal(1, records));
    }

    [Fact]
    public async Task WholeCallFailed_IsOneCallAgainWhoseRecordsShareTheirTries()
    {
        await using var harness = new PipelineHarness(shards: 8, configure: o => o.RecordTtl = TimeSpan.FromSeconds(10));
        harness.Kinesis.GoAway();

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(200)).AsTask());

        Assert.True(harness.Kinesis.Calls.Count > 3);
        Assert.All(harness.Kinesis.Calls, records => Assert.Equal(8, records));
        Assert.All(results, r => Assert.Equal(RecordErrorCodes.Expired, r.ErrorCode));
        Assert.Equal(harness.Kinesis.Calls.Count + 1, results[0].Attempts.Count);
        Assert.All(results, r => Assert.Same(results[0].Attempts, r.Attempts));
    }

    [Fact]
    public async Task PoisonRecord_IsFoundByHalvingAndHarmsNoNeighbour()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.AggregationEnabled = false);
        harness.Kinesis.BeforePut = (entries, _) => entries.ToArray().Any(e => e.PartitionKey.Span.SequenceEqual("key-137"u8))
            ? throw new KinesisException(KinesisFailureKind.Refused, "ValidationException", "1 validation error", 400)
            : default;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(300)).AsTask());

        Assert.Equal("ValidationException", results[137].ErrorCode);
        Assert.All(results.Where((_, i) => i != 137), r => Assert.True(r.IsSuccess));
        Assert.Equal(299, harness.Kinesis.Records.Count);
    }

    /// <summary>A record that stood beside one that Kinesis refuses had all its attempts before its shard was asked: the first throttle failed it.</summary>
    [Fact]
    public async Task MaxAttempts_DoNotCountCallsThatWereSentAgainInHalves()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: static o => (o.AggregationEnabled, o.MaxAttempts) = (false, 2));
        harness.Kinesis.BeforePut = static (entries, _) => entries.ToArray().Any(static e => e.PartitionKey.Span.SequenceEqual("key-5"u8))
            ? throw new KinesisException(KinesisFailureKind.Refused, "ValidationException", "1 validation error", 400)
            : default;
        var throttled = new HashSet<string>();
        harness.Kinesis.Refuse = (entry, _) =>
            Encoding.UTF8.GetString(entry.PartitionKey.Span) is var key && (throttled.Add(key) || key == "key-2") ? Throttle : null;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(8)).AsTask());

        Assert.All(results.Where(static (_, i) => i is not 2 and not 5), static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(("ValidationException", 4), (results[5].ErrorCode, results[5].AttemptCount));
        Assert.Equal("Rate exceeded for shard (after 2 attempts that count, all that MaxAttempts allows)", results[2].ErrorMessage);
        Assert.Equal(2, results[2].Attempts.Count(static a => a.ErrorCode == RecordErrorCodes.Throttled));
    }

    [Fact]
    public async Task Failures_AreToldOffTheWayOfTheRecords()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.FailIfThrottled = true);
        harness.Kinesis.Refuse = (_, _) => Throttle;
        var told = new TaskCompletionSource<RecordFailure>(TaskCreationOptions.RunContinuationsAsynchronously);
        harness.Producer.RecordFailed += _ => throw new InvalidOperationException("a handler of the caller");
        harness.Producer.RecordFailed += f => told.TrySetResult(f);

        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));
        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask());

        Assert.Contains("A handler of RecordFailed threw", harness.Events.Said);
        Assert.Equal(RecordErrorCodes.Throttled, (await told.Task).Result.ErrorCode);
    }
}

using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Settings;

public sealed class RecordLimitTests
{
    private readonly PipelineSettings _settings = PipelineSettings.Of(new StreamOptions());

    /// <summary>DescribeStreamSummary: 20 calls a second for the whole account.</summary>
    [Fact]
    public async Task LearnSoon_ByFiveHundredInstancesTogether_StaysWithinTheAccountsLimit()
    {
        var time = new FakeTimeProvider();
        var clock = new MonotonicClock(time);
        var kinesis = new FakeKinesis(1);
        var (tokens, filledAt, refused, learned) = (20.0, 0L, 0, 0);
        var gate = new Lock();
        kinesis.Summary = () =>
        {
            lock (gate)
            {
                tokens = Math.Min(20, tokens + ((time.GetTimestamp() - filledAt) / (double)TimeSpan.TicksPerSecond * 20));
                filledAt = time.GetTimestamp();
                if (tokens >= 1)
                {
                    tokens--;
                    return new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch, 1_024, false);
                }

                refused++;
                throw new KinesisException(KinesisFailureKind.Refused, "LimitExceededException", "Rate exceeded for stream events under account 000000000000.", 400);
            }
        };
        var limits = Enumerable.Range(1, 500).Select(i => LimitOf(kinesis, clock, i)).ToList();
        foreach (var limit in limits)
            limit.Learned += _ => Interlocked.Increment(ref learned);

        foreach (var limit in limits)
            limit.LearnSoon();
        for (var i = 0; i < 900; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            while (ThreadPool.PendingWorkItemCount > 0)
                await Task.Yield();
        }

        Assert.Equal(500, learned);
        Assert.InRange(refused, 0, 50);
    }

    [Fact]
    public async Task LearnAgain_AsksOnceForManyThatAskForTheSameReason()
    {
        var time = new FakeTimeProvider();
        var clock = new MonotonicClock(time);
        var asked = 0;
        var kinesis = new FakeKinesis(1) { Summary = () => new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch, 1_024 + asked++, false) };
        var limit = LimitOf(kinesis, clock);
        await limit.KnownAsync();
        time.Advance(TimeSpan.FromSeconds(10));

        var seen = clock.Now;
        time.Advance(TimeSpan.FromSeconds(1));
        await limit.LearnAgainAsync(seen);
        await limit.LearnAgainAsync(seen);

        Assert.Equal(2, asked);
    }

    /// <summary>A gateway that answers in its caller's thread would run under the lock for as long as that takes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Asking_OfTheGateway_HoldsNoLock(bool again)
    {
        var kinesis = new FakeKinesis(1);
        var limit = LimitOf(kinesis, new MonotonicClock(new FakeTimeProvider()));
        var joined = false;
        kinesis.Summary = () =>
        {
            var other = new Thread(() => _ = limit.KnownAsync());
            other.Start();
            joined = other.Join(Waiting.Long);
            return new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch, 1_024, false);
        };

        await (again ? limit.LearnAgainAsync(0) : limit.KnownAsync());

        Assert.True(joined, "another caller waited until the gateway had answered");
    }

    /// <summary>Its patience ended while the handlers applied the answer: for 20 s records were accepted that the stream does not take.</summary>
    [Fact]
    public async Task KnownAsync_WhoseTimeEndsAsTheAnswerIsApplied_LeavesThatInForce()
    {
        var time = new FakeTimeProvider();
        var asked = new TaskCompletionSource();
        var kinesis = new FakeKinesis(1) { BeforeSummary = _ => new ValueTask(asked.Task) };
        var limit = LimitOf(kinesis, new MonotonicClock(time));
        var isApplied = false;
        limit.Learned += _ =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            isApplied = true;
        };
        var known = limit.KnownAsync();

        asked.SetResult();
        await known;

        Assert.Equal((true, PipelineSettings.DefaultMaxRecordBytes), (isApplied, _settings.MaxRecordBytes));
    }

    private RecordLimit LimitOf(FakeKinesis kinesis, MonotonicClock clock, int seed = 1) => new(
        kinesis, new StreamTarget(PipelineHarness.Stream, null, TimeSpan.FromSeconds(6)), _settings, new RecordingEvents(), clock, new Random(seed));
}

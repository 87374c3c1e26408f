using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Adapters.Tests.Logging;

public class PipelineLogTests
{
    private const string NotClosed = "The backlog was not closed within 5 s, because its disk does not answer. Still open: ";
    private const string WhatFollows = ". What was told as Persisted is in it, and the next process delivers that, "
        + "and perhaps again what this one delivered last. Its folder is locked until the last write ends, or this process does";

    private readonly FakeTimeProvider _time = new();
    private readonly CapturedLog _captured = new();

    [Fact]
    public void AnyEvent_WhenItComes_IsOneLineWithItsStream()
    {
        using var log = new PipelineLog(_captured, _time, logKeys: false);
        var failure = RecordResult.NotDelivered(RecordStatus.Failed, "Expired", "too late", new UserRecord("key", default));
        log.ShardMapLoaded("events", 3, 4);
        log.ShardMapConfirmed("events", 4, 4);
        log.ShardMapFailed("events", "LimitExceededException", "slow down.", TimeSpan.FromSeconds(1));
        log.StreamMissing("events");
        log.ArnUntold("arn:aws:kinesis:us-east-1:000000000000:stream/events", "AccessDeniedException", "no");
        log.SettingsUnused("arn:aws:kinesis:us-east-1:000000000000:stream/events", "events");
        log.PredictionOff("events", "kinesis:ListShards");
        log.RecordLimitUnknown("events", "AccessDeniedException", "no.");
        log.WrongShard("events", "shardId-000000000000", "shardId-000000000001", 7, true);
        log.CallFailed("events", "InternalFailure", "oops", 9);
        log.Throttled("events", "shardId-000000000002", 5, null);
        log.RecordFailed("events", failure);
        log.FailureNotificationsLost(11);
        log.HandlerThrew("A handler of RecordFailed", new InvalidOperationException("x"));
        log.Unexpected("a timer", new InvalidOperationException("x"));
        log.DrainCut(12);
        log.BacklogLeft("events", 13);
        log.BacklogNotClosed(["events", "clicks"], TimeSpan.FromSeconds(5.2));
        log.BacklogNotClosed([.. Enumerable.Range(0, 12).Select(static i => $"s{i}")], TimeSpan.FromSeconds(5));
        log.BacklogNotClosed([], TimeSpan.FromSeconds(5));
        log.CborRefused(new Uri("https://kinesis.eu-west-1.amazonaws.com/"), "HTTP 415", "no");
        log.ClockCorrected(new Uri("https://kinesis.eu-west-1.amazonaws.com/"), TimeSpan.FromSeconds(-1_200.4));
        Assert.Equal(
            [
                (LogLevel.Information, "events: shard map 3 with 4 open shards is in force"),
                (LogLevel.Debug, "events: shard map 4 has the 4 open shards of the one before"),
                (LogLevel.Warning, "events: the shard map could not be read, and is tried again in 1000 ms: LimitExceededException: slow down."),
                (LogLevel.Error, "events: Kinesis does not know this stream; its records fail"),
                (LogLevel.Warning, "arn:aws:kinesis:us-east-1:000000000000:stream/events: Kinesis does not tell whose stream this is, so nothing is put there "
                    + "and its records fail: AccessDeniedException: no"),
                (LogLevel.Warning, "Settings: Kpl:Streams:arn:aws:kinesis:us-east-1:000000000000:stream/events has no effect on stream events, "
                    + "which has that name to the letter; set Kpl:Streams:events instead"),
                (LogLevel.Warning, "events: kinesis:ListShards is not allowed: records travel alone, without aggregation, until it is"),
                (LogLevel.Warning, "events: the record limit of the stream could not be read, so 1 MiB is assumed where reading it is not allowed, and else Kinesis decides: AccessDeniedException: no."),
                (LogLevel.Information, "events: a Kinesis record of 7 user records for shardId-000000000000 landed in shardId-000000000001; sent again: True"),
                (LogLevel.Warning, "events: a call with 9 Kinesis records failed: InternalFailure: oops"),
                (LogLevel.Warning, "events: Kinesis throttled 5 Kinesis records of shardId-000000000002"),
                (LogLevel.Error, "events: the record with key 2c70e12b was not delivered: Expired: too late"),
                (LogLevel.Warning, "11 failed records were not told to the handlers of RecordFailed, which are slower than they come"),
                (LogLevel.Error, "A handler of RecordFailed threw; no record is affected"),
                (LogLevel.Error, "Unexpected error in a timer; the records concerned ended as failed"),
                (LogLevel.Error, "The drain limit passed with 12 records left, which ended with code Shutdown"),
                (LogLevel.Warning, "events: 13 records stay in the backlog; the next process with it delivers them"),
                (LogLevel.Warning, $"{NotClosed}events, clicks{WhatFollows}"),
                (LogLevel.Warning, $"{NotClosed}s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 2 more streams{WhatFollows}"),
                (LogLevel.Warning, $"{NotClosed}the folder{WhatFollows}"),
                (LogLevel.Warning, "kinesis.eu-west-1.amazonaws.com does not take CBOR, records go there in JSON: HTTP 415: no"),
                (LogLevel.Warning, "kinesis.eu-west-1.amazonaws.com refused a signature for its time: this machine's clock is -1200 s off, and requests are signed with the service's from now on"),
            ],
            _captured.Lines);
    }

    /// <summary>"The time-to-live ended before the first attempt (1 attempts)": an expiry counts as one, and the line says as the result does.</summary>
    [Fact]
    public void RecordFailed_TellsOfAttempts_AsTheResultDoes()
    {
        using var log = new PipelineLog(_captured, _time, logKeys: true);
        var expired = new Attempt { ErrorCode = RecordErrorCodes.Expired };
        var refused = new Attempt { ErrorCode = "InternalFailure" };
        var record = new UserRecord("key", default);
        RecordResult[] results =
        [
            RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "too late", record, [expired]),
            RecordResult.NotDelivered(RecordStatus.Failed, "InternalFailure", "oops", record, [refused]),
            RecordResult.NotDelivered(RecordStatus.Unknown, "InternalFailure", "oops", record, [refused, refused]),
        ];
        foreach (var result in results)
            log.RecordFailed("events", result);

        Assert.Equal(
            [
                "events: the record with key key was not delivered: Expired: too late",
                "events: the record with key key was not delivered: InternalFailure: oops after 1 attempt",
                "events: what became of the record with key key is unknown, Kinesis may have it: InternalFailure: oops after 2 attempts",
            ],
            _captured.Texts);
    }

    /// <summary>Each throttle was told as another writer's, also where one large record after the other filled the shard.</summary>
    [Fact]
    public void Throttled_NamesAnotherWriter_OnlyWhereTheFiguresShowOne()
    {
        using var log = new PipelineLog(_captured, _time, logKeys: false);
        log.Throttled("events", "shard-1", 1, (1.334, false));
        log.Throttled("events", "shard-1", 2, (0.2, true));
        Assert.Equal(
            [
                (LogLevel.Warning, "events: Kinesis throttled 1 Kinesis records of shard-1: 133 % of what a shard takes in a second was sent from here, and large records and late calls are enough for that"),
                (LogLevel.Warning, "events: Kinesis throttled 2 Kinesis records of shard-1: only 20 % of what a shard takes in a second was sent from here, so someone else writes there"),
            ],
            _captured.Lines);
    }

    [Fact]
    public void AnyEvent_InAStorm_IsTenLinesAMinuteAndTheCountOfTheRest()
    {
        using var log = new PipelineLog(_captured, _time, logKeys: false);
        for (var i = 0; i < 1_000; i++)
            log.Throttled("events", "shardId-000000000000", i, null);
        log.CallFailed("events", "InternalFailure", "oops", 1);
        Assert.Equal(11, _captured.Lines.Count);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((LogLevel.Warning, "990 more events of kind Throttled within a minute were left out of the log"), _captured.Lines[11]);
        log.Throttled("events", "shardId-000000000000", 1, null);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(13, _captured.Lines.Count);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void RecordFailed_InAStorm_AllocatesNothingForWhatIsLeftOut()
    {
        using var log = new PipelineLog(_captured, _time, logKeys: false);
        var failure = RecordResult.NotDelivered(RecordStatus.Failed, "Expired", "too late", new UserRecord("key", default));
        for (var i = 0; i < 100; i++)
            log.RecordFailed("events", failure);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            log.RecordFailed("events", failure);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(EventBudget.PerMinute, _captured.Lines.Count);
    }

    [Fact]
    public void Dispose_AfterAStorm_TellsTheCountAtOnce()
    {
        var log = new PipelineLog(_captured, _time, logKeys: false);
        for (var i = 0; i < 12; i++)
            log.StreamMissing("events");
        log.Dispose();
        Assert.Equal("2 more events of kind StreamMissing within a minute were left out of the log", _captured.Lines[^1].Line);
    }

    /// <summary>Who reads "not delivered" puts the record again, and Kinesis may have it.</summary>
    [Fact]
    public void RecordFailed_WhenItsOutcomeIsUnknown_IsNotToldAsNotDelivered()
    {
        using var log = new PipelineLog(_captured, _time, logKeys: false);
        var unknown = RecordResult.NotDelivered(RecordStatus.Unknown, "OwnerLost", "the silo is gone", new UserRecord("key", default));
        log.RecordFailed("events", unknown);
        Assert.Equal(
            (LogLevel.Error, "events: what became of the record with key 2c70e12b is unknown, Kinesis may have it: OwnerLost: the silo is gone"),
            Assert.Single(_captured.Lines));
        Assert.Equal(
            "what became of the record is unknown, Kinesis may have it: OwnerLost: the silo is gone",
            Assert.Throws<RecordFailedException>(() => unknown.EnsureSuccess()).Message);
    }

    /// <summary>Anybody who may put could clear the terminal of whoever reads the log, and write a line of his own over this one.</summary>
    [Theory]
    [InlineData("customer-17", "key customer-17 was")]
    [InlineData("\u001b[2Ja\r\nb\u009b", "key ·[2Ja··b· was")]
    public void RecordFailed_WhenKeysMayBeLogged_ShowsTheKey_WithoutControls(string key, string told)
    {
        using var log = new PipelineLog(_captured, _time, logKeys: true);
        log.RecordFailed("events", RecordResult.NotDelivered(RecordStatus.Failed, "Expired", "late", new UserRecord(key, default)));
        Assert.Contains(told, Assert.Single(_captured.Lines).Line, StringComparison.Ordinal);
    }

    [Fact]
    public void AnyEvent_WhenTheLogThrows_DoesNotReachThePipeline()
    {
        using var log = new PipelineLog(new GuardedLogger(_captured), _time, logKeys: false);
        _captured.Throws = true;
        log.StreamMissing("events");
        log.StreamMissing("events");
        _captured.Throws = false;
        // Two lines, and one that tells of it, for another provider.
        Assert.Equal(3, _captured.Thrown);
        Assert.Empty(_captured.Lines);
    }

    /// <summary>The minute ends on a timer's thread, where nobody catches it: a provider that threw ended the process.</summary>
    [Fact]
    public void Minute_WhoseNumberCannotBeLogged_EndsAllTheSame()
    {
        var told = 0;
        using var budget = new EventBudget(_time, _ =>
        {
            told++;
            throw new InvalidOperationException("the log is broken");
        });
        for (var minute = 0; minute < 2; minute++)
        {
            for (var i = 0; i <= EventBudget.PerMinute; i++)
                budget.TryTake();
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, told);
    }

    [Fact]
    public async Task TryTake_FromManyThreads_LetsExactlyTheBudgetThroughAndCountsTheRest()
    {
        const int threads = 4, each = 10_000;
        var leftOut = 0L;
        using var budget = new EventBudget(_time, count => Interlocked.Add(ref leftOut, count));
        var taken = await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(() => Enumerable.Range(0, each).Count(_ => budget.TryTake()))));
        Assert.Equal(EventBudget.PerMinute, taken.Sum());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((threads * each) - EventBudget.PerMinute, leftOut);
    }
}

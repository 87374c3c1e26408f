using Orleans.Kpl.Pipeline.Doubts;
using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;

namespace Orleans.Kpl.Pipeline.Tests.Road.Judging;

/// <summary>What becomes of the Kinesis records of a call. What each code means is stated by <see cref="VerdictTableTests"/>.</summary>
/// <remarks>Tests <see cref="StreamTelemetry"/> too.</remarks>
public sealed class CallJudgeTests
{
    /// <summary>Its attempt had a code that stood on no page.</summary>
    [Theory]
    [InlineData(null, null)]
    [InlineData("shardId-000000000000", null)]
    [InlineData(null, "17")]
    public void Answered_WithoutErrorAndWithoutPlace_IsNoAnswerOfKinesis(string? shardId, string? sequenceNumber)
    {
        using var parts = Parts(out _);
        var call = parts.TakeCall();
        var record = call.Records[0];

        parts.Judge.Answered(call, new PutRecordsReply([new PutRecordsReplyEntry(shardId, sequenceNumber, null, null), Taken(call.Records[1], "18")]));

        Assert.True(record.Engine.HasRetries);
        Assert.Equal(RecordErrorCodes.InvalidAnswer, record.Attempts!.Attempt.ErrorCode);
    }

    /// <summary>Which records it has taken, the answer does not tell: nothing is claimed of any.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void Answered_ForAnotherNumberOfRecords_EndsAllAsUnknown(int answers)
    {
        using var parts = Parts(out var sinks);
        var call = parts.TakeCall();

        parts.Judge.Answered(call, new PutRecordsReply([.. Enumerable.Range(0, answers).Select(i => Taken(call.Records[i % 2], $"{17 + i}"))]));

        Assert.All(sinks, s => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.RecordCountMismatch), (s.Result.Status, s.Result.ErrorCode)));
        Assert.Equal((0, sinks.Length), (parts.Ledger.Read().Failed, parts.Ledger.Read().Unknown));
        Assert.False(parts.Telemetry.HasLastCallFailed);
    }

    [Fact]
    public void Failed_ByAStopOrADefect_EndsEveryRecordOfTheCall()
    {
        using var parts = Parts(out var stopped);
        parts.Judge.Failed(parts.TakeCall(), null);
        var broken = parts.Route(100);
        parts.Judge.Failed(parts.TakeCall(), new InvalidOperationException("a defect"));

        Assert.All(stopped, s => Assert.Equal(RecordErrorCodes.Shutdown, s.Result.ErrorCode));
        Assert.Equal((nameof(InvalidOperationException), "a defect"), (broken.Result.ErrorCode, broken.Result.ErrorMessage));
        Assert.Equal("a defect", Assert.Single(parts.Events.Defects).Message);
        parts.Events.Defects.Clear();
    }

    /// <summary>Those before the defect were ended again, which threw: those behind it never ended.</summary>
    [Fact]
    public void Failed_ByADefectInTheMiddleOfAnAnswer_EndsTheRestAlone()
    {
        using var parts = Parts(out var sinks);
        var call = parts.TakeCall();
        call.WasSent = true;
        var (first, second) = (call.Records[0].Members.Length, call.Records[1].Members.Length);
        var judge = JudgeThatThrows(parts);

        var defect = Assert.Throws<InvalidOperationException>(() => judge.Answered(
            call, new PutRecordsReply([Taken(call.Records[0], "17"), new PutRecordsReplyEntry(null, null, "InternalFailure", "broken")])));
        judge.Failed(call, defect);

        Assert.Equal((first, second), (Count(RecordStatus.Delivered), Count(RecordStatus.Unknown)));
        Assert.Equal((first, second), (parts.Ledger.Read().Delivered, parts.Ledger.Read().Unknown));
        parts.Events.Defects.Clear();

        int Count(RecordStatus status) => sinks.Count(s => s.Result.Status == status);
    }

    /// <summary>What taking an expired record apart threw took its outcome with it, and failed the other records of the call.</summary>
    [Fact]
    public async Task Expired_WhereTakingARecordApartThrows_ItFails_AndTheOthersAreSent()
    {
        using var parts = new StreamParts();
        parts.ShowShards(2);
        var brief = parts.Route(0, ttlSeconds: 1);
        var shard = parts.Topology.Current.All.Single(static e => e.Inspect().OpenBytes > 0);
        // Of the other shard: each shard's records are one Kinesis record.
        var patient = Enumerable.Range(1, 20).Select(i => parts.Route(i)).ToList();
        var writer = new PutRecordsWriter(parts.Kinesis, StreamTarget.Of(PipelineHarness.Stream, new StreamOptions()));
        var sender = new StreamSender(writer, JudgeThatThrows(parts), parts.Settings, parts.Clock, parts.Services.Timers);
        var call = parts.TakeCall();
        var expired = call.Records.Single(r => r.Engine == shard).Members.ToArray().Select(static m => (ProbeSink)m.Sink).ToList();
        parts.Time.Advance(TimeSpan.FromSeconds(2));

        await sender.SendAsync(call);

        Assert.Contains(brief, expired);
        Assert.All(expired, static s => Assert.Equal((RecordStatus.Failed, "a defect"), (s.Result.Status, s.Result.ErrorMessage)));
        Assert.All(patient.Except(expired), static s => Assert.Equal(RecordStatus.Delivered, s.Result.Status));
        Assert.Equal((expired.Count, 21 - expired.Count), (parts.Ledger.Read().Failed, parts.Ledger.Read().Delivered));
        Assert.Single(parts.Events.Defects);
        parts.Events.Defects.Clear();
    }

    /// <summary>What a failed call's first verdict threw went nowhere: no record of the call ended.</summary>
    [Fact]
    public async Task Failed_WhereCarryingOutAVerdictThrows_EndsEveryRecordOnce()
    {
        using var parts = Parts(out var sinks);
        parts.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down");
        var writer = new PutRecordsWriter(parts.Kinesis, StreamTarget.Of(PipelineHarness.Stream, new StreamOptions()));
        var sender = new StreamSender(writer, JudgeThatThrows(parts), parts.Settings, parts.Clock, parts.Services.Timers);

        await sender.SendAsync(parts.TakeCall());

        Assert.All(sinks, s => Assert.Equal(RecordStatus.Unknown, s.Result.Status));
        Assert.Equal(sinks.Length, parts.Ledger.Read().Unknown);
        parts.Events.Defects.Clear();
    }

    /// <summary>Nobody awaits what is learnt for a verdict: what that threw took the record's outcome with it.</summary>
    [Fact]
    public async Task Settled_WhereWhatIsAskedThrows_EndsTheRecord()
    {
        using var parts = Parts(out var sinks);
        var judge = new CallJudge(
            parts.Settings, parts.Telemetry, new BrokenKnowledge(), parts.Completer, static _ => { }, parts.Clock, new Random(1));
        var call = parts.TakeCall();

        judge.Failed(call, new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "gone", 400));
        await PipelineHarness.SettleAsync();

        Assert.All(sinks, s => Assert.Equal((RecordStatus.Failed, "a defect"), (s.Result.Status, s.Result.ErrorMessage)));
        Assert.Equal(2, parts.Events.Defects.Count);
        parts.Events.Defects.Clear();
    }

    /// <summary>Its first member had its outcome, and got another one. The Kinesis records behind it got none.</summary>
    [Fact]
    public void Failed_WhereARecordThrowsAsItEnds_EndsTheOthers_AndThatOneNotAgain()
    {
        using var parts = Parts(out var sinks);
        var call = parts.TakeCall();
        var (first, second, others) = (SinkAt(0, 0), SinkAt(0, 1), call.Records[1].Members.ToArray());
        second.OnEnded = static () => throw new InvalidOperationException("a defect");

        parts.Judge.Failed(call, new InvalidOperationException("another defect"));
        parts.Judge.Failed(new PutRecordsCall(parts.Sender, [call.Records[0]]), new InvalidOperationException("another defect"));

        Assert.Equal([1], first.Runs);
        Assert.All(others, static m => Assert.Single(((ProbeSink)m.Sink).Results));
        parts.Events.Defects.Clear();

        ProbeSink SinkAt(int record, int place) => sinks.Single(s => s == call.Records[record].Members[place].Sink);
    }

    /// <summary>A judge that fails wherever it does not deliver.</summary>
    private static CallJudge JudgeThatThrows(StreamParts parts)
    {
        var known = new MapKnowledge(
            parts.Settings, parts.Topology, parts.Map, new ShardSearch(parts.Topology, parts.Map, parts.Clock), parts.Limit, parts.Clock);
        return new CallJudge(parts.Settings, parts.Telemetry, known, parts.Completer,
            static _ => throw new InvalidOperationException("a defect"), parts.Clock, new Random(1))
        {
            Amend = static (_, _) => throw new InvalidOperationException("a defect"),
        };
    }

    /// <summary>Two shards, each with records that are open.</summary>
    private static StreamParts Parts(out ProbeSink[] sinks)
    {
        var parts = new StreamParts();
        parts.ShowShards(2);
        sinks = [.. Enumerable.Range(0, 20).Select(i => parts.Route(i))];
        return parts;
    }

    private sealed class BrokenKnowledge : StreamKnowledge
    {
        public override MapTrust TrustFor(PutRecordsCall call, PutRecordsReply reply) => MapTrust.Fresh;

        public override bool Contradicts(KinesisRecord record, string shardId, string sequenceNumber) => false;

        public override ShardRange? RangeOf(KinesisRecord record, string shardId) => null;

        public override void Refresh(long since)
        {
        }

        public override async Task<Verdict> SettleAsync(
            PutRecordsCall call, KinesisRecord record, Verdict verdict, string? shardId, string? sequenceNumber)
        {
            await Task.Yield();
            throw new InvalidOperationException("a defect");
        }
    }

    private static PutRecordsReplyEntry Taken(KinesisRecord record, string sequenceNumber) => new(record.Engine.Range.ShardId, sequenceNumber, null, null);
}

using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Telemetry.Reporting;

/// <summary>Tells operators what happens to a stream's records: metrics, events about anything that blocks the stream, and its health.</summary>
/// <param name="health">How well the stream's calls go; null in a client, which makes none.</param>
internal sealed class StreamTelemetry(
    string stream, KplInstruments instruments, IPipelineEvents events, FailureNotifier notifier, MonotonicClock clock, StreamHealth? health) : IRoadEvents
{
    private const int WaitsAtOnce = 128;

    private string? _blockedBy;
    private long _calls;
    private long _kinesisRecords;

    public StreamTelemetry(string stream, ProducerServices services, StreamHealth? health = null)
        : this(stream, services.Instruments, services.Events, services.Notifier, services.Clock, health)
    {
    }

    /// <summary>Whether the most recently completed call failed as a whole.</summary>
    public bool HasLastCallFailed { get; private set; }

    /// <summary>How many calls have ended.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>How many Kinesis records they had.</summary>
    public long KinesisRecords => Volatile.Read(ref _kinesisRecords);

    public void Received(int count) => instruments.Received(stream, count);

    public void Waited(TimeSpan wait) => instruments.Waited(stream, wait);

    public void CallEnded(IReadOnlyList<KinesisRecord> records, TimeSpan time)
    {
        HasLastCallFailed = false;
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _kinesisRecords, records.Count);
        instruments.CallEnded(stream, time, records.Count);
        if (!instruments.WantsContents)
            return;
        var carried = 0L;
        foreach (var record in records)
            carried += record.Encoded.Count;

        instruments.Carried(stream, carried);
    }

    public void CallFailed(IReadOnlyList<KinesisRecord> records, long endedAt, string code, string message)
    {
        // Kinesis did answer that call.
        HasLastCallFailed = code != RecordErrorCodes.RecordCountMismatch;
        if (instruments.WantsContents)
        {
            foreach (var record in records)
                instruments.KinesisRecordSent(MeterOf(record), record.Encoded.Count);
        }

        instruments.Error(stream, null, code);
        events.CallFailed(stream, code, message, records.Count);
        health?.PutFailed(endedAt, code, message);
        Blocked(code, message);
    }

    public void Answered(PutRecordsReply reply, long endedAt)
    {
        if (reply.Entries.Count == 0 || reply.Entries.Any(static e => e.Refusal is null))
            health?.PutTaken();
        else
            health?.PutFailed(endedAt, reply.Entries[^1].Refusal!, reply.Entries[^1].ErrorMessage ?? "");
    }

    public void Refused(KinesisRecord record, string code, string? message)
    {
        instruments.KinesisRecordSent(MeterOf(record), record.Encoded.Count);
        instruments.Error(stream, record.Engine.Range.ShardId, code);
        Blocked(code, message);
    }

    public void Throttled(string shardId, int count, (double Sent, bool ShowsOthers)? cause) => events.Throttled(stream, shardId, count, cause);

    public void Taken(KinesisRecord record, string shardId)
    {
        if (Volatile.Read(ref _blockedBy) is not null)
            Unblocked();
        var predicted = MeterOf(record);
        var taker = instruments.Of(predicted, shardId);
        if (ReferenceEquals(predicted, taker))
        {
            instruments.KinesisRecordSentAndPut(taker, record.Encoded.Count, record.Encoded.Length);
            return;
        }

        instruments.KinesisRecordSent(predicted, record.Encoded.Count);
        instruments.KinesisRecordPut(taker, record.Encoded.Length);
    }

    public void NumberFell(string shardId, string former, string sequenceNumber)
    {
        instruments.OrderViolated(stream, shardId);
        events.OrderViolated(stream, shardId, former, sequenceNumber);
    }

    public void WrongShard(KinesisRecord record, string shardId, bool isSentAgain)
    {
        instruments.WrongShard(stream, record.Engine.Range.ShardId);
        events.WrongShard(stream, record.Engine.Range.ShardId, shardId, record.Encoded.Count, isSentAgain);
    }

    /// <summary>The owner of the shard tells it, also of records that another process accepted.</summary>
    public void Delivering(KinesisRecord record, string shardId)
    {
        var shard = instruments.Of(MeterOf(record), shardId);
        instruments.Put(shard, record.Members.Length, record.DataBytes, record.Encoded.DataSizes);
        if (instruments.WantsAttempts)
            Attempted(record, shard);
    }

    public void Failing(string? shardId, MemberRef member, RecordStatus status, string code, IReadOnlyList<Attempt> attempts)
    {
        instruments.Failed(stream, shardId, status, code);
        if (instruments.WantsAttempts)
            Attempted(instruments.Of(stream, shardId), member.Sink.AcceptedAt, attempts);
    }

    public void Failed(in RecordResult result)
    {
        events.RecordFailed(stream, result);
        notifier.Tell(stream, result);
    }

    /// <summary>A record that was accepted here ended in another process, which does not tell the shard of a failure.</summary>
    /// <param name="predicted">Returns the shard that is predicted for a record; null where shards are not known.</param>
    public void Ended(MemberRef member, in RecordResult result, Func<UserRecord, string?>? predicted = null)
    {
        var isFailure = !result.IsSuccess;
        var shardId = isFailure && result.Record is { } record ? predicted?.Invoke(record) : result.ShardId;
        if (isFailure)
            instruments.Failed(stream, shardId, result.Status, result.ErrorCode);
        // Records that another silo delivers are counted there. A client's silos count in another role.
        var isClientsPut = instruments.Role == ProducerRole.Client && result.Status == RecordStatus.Delivered;
        if (isClientsPut)
            instruments.Put(stream, shardId, 1, bytes: 0);
        if ((isFailure || isClientsPut) && instruments.WantsAttempts)
            Attempted(instruments.Of(stream, shardId), member.Sink.AcceptedAt, result.Attempts);
    }

    public void Broken(Exception defect) => events.Unexpected("sending", defect);

    /// <summary>Reports, once for each such state, that nothing gets through until an operator acts.</summary>
    private void Blocked(string code, string? message)
    {
        if (VerdictTable.Of(code) == VerdictKind.RetrySlowly && Interlocked.Exchange(ref _blockedBy, code) != code)
            events.StreamBlocked(stream, code, message ?? "");
    }

    private void Unblocked()
    {
        if (Interlocked.Exchange(ref _blockedBy, null) is { } code)
            events.StreamUnblocked(stream, code);
    }

    /// <summary>The shard, as the metrics know it: its watch keeps that, so that nothing is looked up for a Kinesis record.</summary>
    private ShardMeter MeterOf(KinesisRecord record) => (record.Engine.Watch as EngineWatch)?.Meter ?? instruments.Of(stream, record.Engine.Range.ShardId);

    private void Attempted(KinesisRecord record, ShardMeter shard)
    {
        // Members that had the same attempts are told together.
        for (int first = 0, next; first < record.Members.Length; first = next)
        {
            var history = record.HistoryOf(first);
            for (next = first + 1; next < record.Members.Length; next++)
            {
                if (!ReferenceEquals(record.HistoryOf(next), history))
                    break;
            }

            if ((history is null ? record.Attempts : record.AttemptsOf(first)) is { } attempts)
                Attempted(shard, record.Members[first..next], attempts);
        }
    }

    private void Attempted(ShardMeter shard, ReadOnlySpan<MemberRef> members, AttemptChain attempts)
    {
        instruments.Retried(shard, attempts.Count - 1, members.Length);
        var each = AttemptChain.ToArray(attempts);
        for (var i = 1; i < each.Length; i++)
            instruments.Buffered(shard, each[i].StartedAt - each[i - 1].EndedAt, members.Length);
        WaitedForFirst(shard, members, (each[0].StartedAt - clock.ToUtc(0)).Ticks);
    }

    /// <summary>With a thousand shards almost every member came in another batch and at another instant; their waits are told many at a time.</summary>
    private void WaitedForFirst(ShardMeter shard, ReadOnlySpan<MemberRef> members, long startedAt)
    {
        Span<WeightedValue> waits = stackalloc WeightedValue[Math.Min(members.Length, WaitsAtOnce)];
        var count = 0;
        for (int first = 0, next; first < members.Length; first = next)
        {
            var sink = members[first].Sink;
            var acceptedAt = sink.AcceptedAt;
            for (next = first + 1; next < members.Length; next++)
            {
                if (members[next].Sink != sink && members[next].Sink.AcceptedAt != acceptedAt)
                    break;
            }

            waits[count++] = new WeightedValue(Math.Max(0, (double)(startedAt - acceptedAt) / TimeSpan.TicksPerMillisecond), next - first);
            if (count < waits.Length)
                continue;
            instruments.Buffered(shard, waits);
            count = 0;
        }

        if (count > 0)
            instruments.Buffered(shard, waits[..count]);
    }

    /// <remarks>
    /// The instants of attempts are those of the process that made them, whose wall clock may be another: only what passed between them counts. So what
    /// the first attempt was waited for is all that passed here, less the time from its beginning to the end of the last one.
    /// </remarks>
    private void Attempted(ShardMeter shard, long acceptedAt, IReadOnlyList<Attempt> attempts)
    {
        if (attempts.Count == 0)
            return;
        var total = attempts[0].Count;
        instruments.Buffered(shard, clock.AgeOf(acceptedAt) - (attempts[^1].EndedAt - attempts[0].StartedAt), 1);
        for (var i = 1; i < attempts.Count; i++)
        {
            instruments.Buffered(shard, attempts[i].StartedAt - attempts[i - 1].EndedAt, 1);
            total += attempts[i].Count;
        }

        instruments.Retried(shard, total - 1, 1);
    }
}

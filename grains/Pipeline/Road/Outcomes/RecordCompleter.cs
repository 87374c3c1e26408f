using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Outcomes;

/// <summary>
/// Completes records: it updates the ledger, then releases memory, then notifies the caller. Every accepted record passes here exactly once, because
/// one component at a time holds a Kinesis record and either passes it on or completes it here.
/// </summary>
internal sealed class RecordCompleter
{
    /// <summary>The message of records that were not delivered when the producer was disposed.</summary>
    public const string ShutDownMessage = "the producer was disposed before the record was delivered";

    private const string CutOffMessage = "the producer was disposed while a call with the record was under way: Kinesis may have the record or not";

    private readonly string _stream;
    private readonly LedgerCounters _ledger;
    private readonly MemoryLimits _memory;
    private readonly RecordTelemetry _telemetry;
    private readonly FailureNotifier _notifier;
    private readonly IPipelineEvents _events;
    private readonly MonotonicClock _clock;
    private readonly bool _hasForwarded;

    // Keeps records in the durable backlog instead of failing them; null where the stream has no backlog.
    private readonly BacklogFallback? _fallback;

    public RecordCompleter(
        string stream, LedgerCounters ledger, MemoryLimits memory, KplInstruments instruments, FailureNotifier notifier, IPipelineEvents events,
        MonotonicClock clock,
        bool hasForwarded = false, BacklogFallback? fallback = null)
    {
        _stream = stream;
        _ledger = ledger;
        _memory = memory;
        _telemetry = new RecordTelemetry(stream, instruments, clock);
        _notifier = notifier;
        _events = events;
        _clock = clock;
        _hasForwarded = hasForwarded;
        _fallback = fallback;
    }

    /// <summary>Completes every member of the Kinesis record as delivered, and releases its memory.</summary>
    public void Deliver(KinesisRecord record, string shardId, string sequenceNumber)
    {
        var members = record.Members;
        _telemetry.Delivered(record, shardId);
        var (forwarded, guestCharge) = _hasForwarded ? ForwardedOf(members) : (0, 0);
        _ledger.Delivered(members.Length - forwarded - (_fallback is null ? 0 : StoredOf(members)));
        _memory.Release(record.Charge - guestCharge, members.Length - forwarded);

        record.End.Deliver(shardId, sequenceNumber, AttemptChain.ToArray(null, record.Attempts));
        var runs = new OutcomeRuns();
        for (var i = 0; i < members.Length; i++)
        {
            var sink = members[i].Sink;
            if (record.HistoryOf(i) is { } history)
                sink.SetResult(members[i].Index, RecordResult.Delivered(shardId, sequenceNumber, i, AttemptChain.ToArray(history, record.Attempts)));
            else if (!sink.KeepsAhead)
                sink.SetResult(members[i].Index, new RecordResult(record.End, i));
            runs.Set(sink, i + 1 < members.Length ? members[i + 1].Sink : null, i + 1);
        }

        record.Release();
    }

    /// <summary>Completes every member of the Kinesis record as failed.</summary>
    public void Fail(KinesisRecord record, string code, string? message) =>
        Fail(record, (place, former) => FailureReason.For(record.AttemptsOf(place), code, message, former));

    /// <summary>Completes every member of the Kinesis record with an unknown outcome: a call with it was made, and Kinesis may have it or not.</summary>
    public void EndUnknown(KinesisRecord record, string code, string? message) => Fail(
        record, (place, former) => FailureReason.For(record.AttemptsOf(place), code, message, former, RecordStatus.Unknown), RecordStatus.Unknown);

    /// <summary>Completes every member of the Kinesis record, because the producer was disposed while a call with it was under way.</summary>
    public void EndCutOff(KinesisRecord record) => EndUnknown(record, RecordErrorCodes.Shutdown, CutOffMessage);

    /// <summary>Completes every member of the Kinesis record, because the producer was disposed.</summary>
    public void FailShutDown(KinesisRecord record) => Fail(record, RecordErrorCodes.Shutdown, ShutDownMessage);

    /// <summary>Completes a record that had not joined a Kinesis record when the producer was disposed.</summary>
    public void FailShutDown(in IncomingRecord record)
    {
        var content = new AggregateMember(
            record.PartitionKey.ToArray(), record.HasExplicitHashKey ? record.HashKey : null, record.Data.ToArray(), record.Number);
        Fail(content, record.Member, FailureReason.For(record.History, RecordErrorCodes.Shutdown, ShutDownMessage, null));
    }

    /// <summary>Completes every member of the Kinesis record as expired.</summary>
    public void Expire(KinesisRecord record, long now)
    {
        var at = _clock.ToUtc(now);
        Fail(record, (place, former) => FailureReason.Expired(record.AttemptsOf(place), at, former));
    }

    /// <summary>Completes one member as failed.</summary>
    public void Fail(in AggregateMember content, MemberRef member, FailureReason reason)
    {
        if (member.Sink is ForwardedSink)
        {
            End(member, NotDelivered(content, reason));
            return;
        }

        if (_fallback?.TryKeep(content, member, reason.Code, reason.Attempts) == true)
            return;
        _memory.Release(RecordValidator.Charge(content.PartitionKey.Length, content.ExplicitHashKey.HasValue, content.Data.Length), 1);
        if (member.Sink is SegmentSink stored)
        {
            stored.CameBack(member.Index, content, reason);
            stored.Generation.Leave(1);
        }
        else
        {
            EndFailed(content, member, _fallback?.Explain(member.Sink, reason) ?? reason);
        }
    }

    /// <summary>Completes as failed one record whose memory has already been released.</summary>
    public void EndFailed(in AggregateMember content, MemberRef member, FailureReason reason) => EndFailed(member, NotDelivered(content, reason));

    /// <summary>Completes one record whose memory has already been released, as failed or with an unknown outcome.</summary>
    public void EndFailed(MemberRef member, in RecordResult result)
    {
        _telemetry.Failed(null, member, result.Status, result.ErrorCode!, result.Attempts);
        if (result.Status == RecordStatus.Unknown)
            _ledger.Unknown(1);
        else
            _ledger.Failed(1);
        End(member, result);
        _events.RecordFailed(_stream, result);
        _notifier.Tell(_stream, result);
    }

    /// <summary>Returns a forwarded record to the process that accepted it, because its shard is not served here any more.</summary>
    public static void GiveBack(MemberRef member, AttemptChain? attempts)
    {
        ((ForwardedSink)member.Sink).GiveBack(member.Index, AttemptChain.ToArray(null, attempts));
        Leave(member.Sink);
    }

    /// <summary>Completes records that were forwarded to another process and have their outcomes there.</summary>
    /// <param name="ends">Their outcomes.</param>
    /// <param name="predicted">Returns the shard that is predicted for a record; null where shards are not known.</param>
    public void CompleteForwarded(ReadOnlySpan<ForwardedOutcome> ends, Func<UserRecord, string?>? predicted = null)
    {
        if (_fallback is not null)
            ends = _fallback.KeepFailed(ends);
        var (delivered, persisted, unknown, failed, stored, charge) = (0, 0, 0, 0, 0, 0L);
        foreach (ref readonly var end in ends)
        {
            if (end.Member.Sink is ForwardedSink)
                continue;
            charge += end.Charge;
            if (end.Member.Sink is not SegmentSink)
                _telemetry.Ended(end, predicted);
            _ = end.Result.Status switch
            {
                _ when end.Member.Sink is SegmentSink => stored++,
                RecordStatus.Unknown => unknown++,
                RecordStatus.Persisted => persisted++,
                _ when end.Result.IsSuccess => delivered++,
                _ => failed++,
            };
        }

        _ledger.Delivered(delivered);
        _ledger.IntoBacklog(persisted);
        _ledger.Unknown(unknown);
        _ledger.Failed(failed);
        _memory.Release(charge, delivered + persisted + unknown + failed + stored);

        var runs = new OutcomeRuns();
        for (var i = 0; i < ends.Length; i++)
        {
            var sink = ends[i].Member.Sink;
            if (sink is SegmentSink ofSegment)
                ofSegment.SetResult(ends[i].Member.Index, ends[i].Result, ends[i].Number);
            else
                sink.SetResult(ends[i].Member.Index, ends[i].Result);
            runs.Set(sink, i + 1 < ends.Length ? ends[i + 1].Member.Sink : null, i + 1);
        }

        if (unknown + failed == 0)
            return;
        foreach (ref readonly var end in ends)
        {
            if (end.Result is { IsSuccess: false, Record: not null } && end.Member.Sink is not (ForwardedSink or SegmentSink))
            {
                _events.RecordFailed(_stream, end.Result);
                _notifier.Tell(_stream, end.Result);
            }
        }
    }

    /// <summary>Completes members that failed together. The results share the encoded bytes without copying them.</summary>
    /// <param name="encoded">The members' records; the results own it from now on.</param>
    /// <param name="members">The members, in that order.</param>
    /// <param name="charge">Their charge against the memory limit.</param>
    /// <param name="reasonFor">Returns why the member at an index failed, given the reason of the previous member.</param>
    /// <param name="status">The status of all these reasons.</param>
    /// <param name="shardId">The shard that was predicted; null where none was.</param>
    public void Fail(in EncodedRecord encoded, ReadOnlySpan<MemberRef> members, long charge, Func<int, FailureReason?, FailureReason> reasonFor,
        RecordStatus status = RecordStatus.Failed, string? shardId = null)
    {
        if (_fallback is not null && AnyStored(members))
        {
            FailEach(encoded, members, reasonFor);
            return;
        }

        var contents = new FailedAggregate(encoded);
        var (forwarded, guestCharge) = _hasForwarded ? ForwardedOf(members) : (0, 0);
        var (own, ownCharge, place) = (members.Length - forwarded, charge - guestCharge, 0);
        if (status == RecordStatus.Unknown)
            _ledger.Unknown(own);
        else
            _ledger.Failed(own);
        FailureReason? reason = null;
        SharedOutcome? end = null;
        for (var i = 0; i < members.Length; i++)
        {
            var former = reason;
            reason = reasonFor(i, former);
            if (end is null || !ReferenceEquals(reason, former))
                end = new SharedOutcome { Status = reason.Status, ErrorCode = reason.Code, ErrorMessage = reason.Message, Attempts = reason.Attempts,
                    Records = contents };
            var result = new RecordResult(end, i);
            var sink = members[i].Sink;
            sink.SetFailed(members[i].Index, result);
            if (sink is ForwardedSink)
            {
                Leave(sink);
                continue;
            }

            _telemetry.Failed(shardId, members[i], reason.Status, reason.Code, reason.Attempts);
            var share = (ownCharge * (place + 1) / own) - (ownCharge * place / own);
            place++;
            if (!sink.TryHoldMemory(_memory, share))
                _memory.Release(share, 1);
            Leave(sink);
            _events.RecordFailed(_stream, result);
            _notifier.Tell(_stream, result);
        }

        contents.LetGo();
    }

    /// <summary>Completes each failed member by itself, because some of them are in the backlog, or go there.</summary>
    private void FailEach(in EncodedRecord encoded, ReadOnlySpan<MemberRef> members, Func<int, FailureReason?, FailureReason> reasonFor)
    {
        FailureReason? reason = null;
        var reader = MemberReading.Open(encoded);
        for (var index = 0; reader.MoveNext(); index++)
            Fail(reader.Current, members[index], reason = reasonFor(index, reason));
        encoded.Release();
    }

    private static bool AnyStored(ReadOnlySpan<MemberRef> members)
    {
        foreach (ref readonly var member in members)
        {
            if (member.Sink is SegmentSink || member.Sink.Use != BacklogUse.None)
                return true;
        }

        return false;
    }

    private static int StoredOf(ReadOnlySpan<MemberRef> members)
    {
        var stored = 0;
        foreach (ref readonly var member in members)
            stored += member.Sink is SegmentSink ? 1 : 0;
        return stored;
    }

    private static RecordResult NotDelivered(in AggregateMember content, FailureReason reason) =>
        RecordResult.NotDelivered(reason.Status, reason.Code, reason.Message, content.ToUserRecord(), reason.Attempts);

    private static void End(MemberRef member, in RecordResult result)
    {
        member.Sink.SetResult(member.Index, result);
        Leave(member.Sink);
    }

    private static void Leave(OutcomeSink sink)
    {
        sink.Complete(1);
        sink.Generation.Leave(1);
    }

    private void Fail(KinesisRecord record, Func<int, FailureReason?, FailureReason> reasonFor, RecordStatus status = RecordStatus.Failed)
    {
        Fail(record.Encoded, record.Members, record.Charge, reasonFor, status, record.Engine.Range.ShardId);
        record.ReleaseMembers();
    }

    private static (int Count, long Charge) ForwardedOf(ReadOnlySpan<MemberRef> members)
    {
        var (count, charge) = (0, 0L);
        foreach (ref readonly var member in members)
        {
            if (member.Sink is ForwardedSink forwarded)
                (count, charge) = (count + 1, charge + forwarded.ChargeOf(member.Index));
        }

        return (count, charge);
    }
}

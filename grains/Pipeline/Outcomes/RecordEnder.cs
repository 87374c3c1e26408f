using System.Text;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>
/// Ends records: books first, then room, then the caller. Every accepted record passes here exactly once, because a Kinesis
/// record is always in the hands of one place, and that place either passes it on or ends it here.
/// </summary>
internal sealed class RecordEnder
{
    private readonly string _stream;
    private readonly StreamAccounts _accounts;
    private readonly RoomPair _room;
    private readonly KplInstruments _instruments;
    private readonly FailureNotifier _notifier;
    private readonly IPipelineEvents _events;
    private readonly MonotonicClock _clock;
    private readonly bool _hasGuests;

    public RecordEnder(
        string stream, StreamAccounts accounts, RoomPair room, KplInstruments instruments, FailureNotifier notifier, IPipelineEvents events, MonotonicClock clock,
        bool hasGuests = false)
    {
        _stream = stream;
        _accounts = accounts;
        _room = room;
        _instruments = instruments;
        _notifier = notifier;
        _events = events;
        _clock = clock;
        _hasGuests = hasGuests;
    }

    /// <summary>Every member of the Kinesis record is delivered. Its memory is given back.</summary>
    public void Deliver(KinesisRecord record, string shardId, string sequenceNumber)
    {
        var members = record.Members;
        Measure(record, shardId);
        var (guests, guestCharge) = _hasGuests ? GuestsOf(members) : (0, 0);
        _accounts.Delivered(members.Length - guests);
        _room.Release(record.Charge - guestCharge, members.Length - guests);

        var shared = Delivered(shardId, sequenceNumber, AttemptChain.ToArray(null, record.Attempts));
        var (runStart, generationStart) = (0, 0);
        for (var i = 0; i < members.Length; i++)
        {
            var end = record.HistoryOf(i) is { } history
                ? Delivered(shardId, sequenceNumber, AttemptChain.ToArray(history, record.Attempts))
                : shared;
            var sink = members[i].Sink;
            sink.Set(members[i].Index, new RecordResult(end, i));

            // Members that were accepted together stand together: they are counted out together.
            var next = i + 1 < members.Length ? members[i + 1].Sink : null;
            if (ReferenceEquals(next, sink))
                continue;
            sink.Ended(i + 1 - runStart);
            runStart = i + 1;
            if (ReferenceEquals(next?.Generation, sink.Generation))
                continue;
            sink.Generation.Leave(i + 1 - generationStart);
            generationStart = i + 1;
        }

        record.Release();
    }

    /// <summary>Every member of the Kinesis record failed. Its memory is given back.</summary>
    public void Fail(KinesisRecord record, string code, string? message)
    {
        FailureReason? reason = null;
        var reader = AggregateReader.Open(record.Encoded);
        for (var index = 0; reader.MoveNext(); index++)
        {
            reason = FailureReason.For(record.AttemptsOf(index), code, message, reason);
            Fail(reader.Current, record.Members[index], reason);
        }

        record.Release();
    }

    /// <summary>One member failed.</summary>
    public void Fail(in AggregateMember content, Member member, FailureReason reason)
    {
        var record = new UserRecord(Encoding.UTF8.GetString(content.PartitionKey.Span), content.Data.ToArray(), content.ExplicitHashKey);
        var result = RecordResult.NotDelivered(RecordStatus.Failed, reason.Code, reason.Message, record, reason.Attempts);
        if (member.Sink is GuestSink)
        {
            End(member, result);
            return;
        }

        var tags = KplInstruments.Tags(_stream);
        _instruments.UserRecordsFailed.Add(1, tags);
        if (reason.Code == RecordErrorCodes.Expired)
            _instruments.UserRecordExpired.Add(1, tags);
        _accounts.Failed(1);
        _room.Release(RecordValidator.Charge(content.PartitionKey.Length, content.ExplicitHashKey.HasValue, content.Data.Length), 1);
        End(member, result);
        _events.RecordFailed(_stream, record, result);
        _notifier.Tell(_stream, record, result);
    }

    /// <summary>Records that another process owned have come to their ends there.</summary>
    public void EndForwarded(ReadOnlySpan<ForwardedEnd> ends)
    {
        var (delivered, unknown, failed, charge) = (0, 0, 0, 0L);
        foreach (ref readonly var end in ends)
        {
            if (end.Member.Sink is GuestSink)
                continue;
            charge += end.Charge;
            _ = end.Result.Status switch
            {
                RecordStatus.Unknown => unknown++,
                _ when end.Result.IsSuccess => delivered++,
                _ => failed++,
            };
        }

        _accounts.Delivered(delivered);
        _accounts.Unknown(unknown);
        _accounts.Failed(failed);
        _instruments.UserRecordsFailed.Add(failed + unknown, KplInstruments.Tags(_stream));
        _room.Release(charge, delivered + unknown + failed);

        EndRuns(ends);
        if (unknown + failed == 0)
            return;
        foreach (ref readonly var end in ends)
        {
            if (end.Result is { IsSuccess: false, Record: { } record } && end.Member.Sink is not GuestSink)
            {
                _events.RecordFailed(_stream, record, end.Result);
                _notifier.Tell(_stream, record, end.Result);
            }
        }
    }

    /// <summary>Members that were accepted together mostly stand together: they are counted out together.</summary>
    private static void EndRuns(ReadOnlySpan<ForwardedEnd> ends)
    {
        var (runStart, generationStart) = (0, 0);
        for (var i = 0; i < ends.Length; i++)
        {
            var sink = ends[i].Member.Sink;
            sink.Set(ends[i].Member.Index, ends[i].Result);
            var next = i + 1 < ends.Length ? ends[i + 1].Member.Sink : null;
            if (ReferenceEquals(next, sink))
                continue;
            sink.Ended(i + 1 - runStart);
            runStart = i + 1;
            if (ReferenceEquals(next?.Generation, sink.Generation))
                continue;
            sink.Generation.Leave(i + 1 - generationStart);
            generationStart = i + 1;
        }
    }

    private static void End(Member member, in RecordResult result)
    {
        member.Sink.Set(member.Index, result);
        member.Sink.Ended(1);
        member.Sink.Generation.Leave(1);
    }

    private static (int Count, long Charge) GuestsOf(ReadOnlySpan<Member> members)
    {
        var (count, charge) = (0, 0L);
        foreach (ref readonly var member in members)
        {
            if (member.Sink is GuestSink guest)
                (count, charge) = (count + 1, charge + guest.ChargeOf(member.Index));
        }

        return (count, charge);
    }

    private void Measure(KinesisRecord record, string shardId)
    {
        if (!_instruments.UserRecordsPut.Enabled && !_instruments.BufferingTime.Enabled)
            return;
        var tags = KplInstruments.Tags(_stream, shardId);
        _instruments.UserRecordsPut.Add(record.Members.Length, tags);
        _instruments.UserRecordsDataPut.Add(record.DataBytes, tags);
        if (record.Attempts is not { } last)
            return;
        _instruments.RetriesPerRecord.Record(last.Count - 1, tags);
        var first = last;
        while (first.Earlier is { } earlier)
            first = earlier;
        _instruments.BufferingTime.Record((first.Attempt.StartedAt - _clock.ToUtc(record.OldestAcceptedAt)).TotalMilliseconds, tags);
    }

    private static RecordEnd Delivered(string shardId, string sequenceNumber, Attempt[] attempts) =>
        new() { Status = RecordStatus.Delivered, ShardId = shardId, SequenceNumber = sequenceNumber, Attempts = attempts };
}

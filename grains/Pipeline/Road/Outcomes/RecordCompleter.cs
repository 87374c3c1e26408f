using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Outcomes;

/// <summary>
/// Completes records: it updates the ledger, then releases memory, then notifies the caller. Every record that is sent from this process ends here, once:
/// one component at a time holds a Kinesis record and either passes it on or completes it here. Outcomes of other processes are settled elsewhere.
/// </summary>
internal class RecordCompleter(LedgerCounters ledger, MemoryLimit memory, IRoadEvents events)
{
    /// <summary>The message of records that were not delivered when the producer was disposed.</summary>
    public const string ShutDownMessage = "the producer was disposed before the record was delivered";

    private const string CutOffMessage = "the producer was disposed while a call with the record was under way: Kinesis may have the record or not";

    /// <summary>Completes every member of the Kinesis record as delivered, and releases its memory.</summary>
    public void Deliver(KinesisRecord record, string shardId, string sequenceNumber)
    {
        var members = record.Members;
        events.Delivering(record, shardId);
        record.IsEnding = true;
        var others = OthersOf(members);
        ledger.Delivered(members.Length - others.Elsewhere - others.MemoryOnly);
        memory.Release(record.Charge - others.Charge, members.Length - others.Elsewhere);

        record.End.Deliver(shardId, sequenceNumber, AttemptChain.ToArray(record.Attempts));
        var runs = new OutcomeRuns();
        for (int first = 0, next; first < members.Length; first = next)
        {
            var (sink, history) = (members[first].Sink, record.HistoryOf(first));
            for (next = first + 1; next < members.Length && ReferenceEquals(members[next].Sink, sink) && record.HistoryOf(next) == history;)
                next++;
            if (history is null)
                sink.SetDelivered(members[first..next], record.End, first);
            for (var i = first; history is not null && i < next; i++)
                sink.SetResult(members[i].Index, RecordResult.Delivered(shardId, sequenceNumber, i, AttemptChain.ToArray(record.AttemptsOf(i))));
            runs.Ended(sink, next - first, next < members.Length ? members[next].Sink : null);
        }

        record.Release();
    }

    /// <summary>Completes every member of the Kinesis record as failed, or as unknown: a call with it was made, and Kinesis may have it or not.</summary>
    public void Fail(KinesisRecord record, string code, string? message, RecordStatus status = RecordStatus.Failed) =>
        Fail(record, (place, former) => FailureReason.For(record.AttemptsOf(place), code, message, former, status), status);

    /// <summary>Completes every member of the Kinesis record, each for a reason of its own.</summary>
    /// <param name="reasonFor">Returns why the member at an index failed, given the reason of the previous member.</param>
    public void Fail(KinesisRecord record, Func<int, FailureReason?, FailureReason> reasonFor, RecordStatus status = RecordStatus.Failed)
    {
        record.IsEnding = true;
        if (!TryFailEach(record, reasonFor))
            FailTogether(record, reasonFor, status);
        record.ReleaseMembers();
    }

    /// <summary>Completes every member of the Kinesis record, because the producer was disposed.</summary>
    /// <param name="wasSent">Whether a call with it was under way.</param>
    public void FailShutDown(KinesisRecord record, bool wasSent = false) => Fail(
        record, RecordErrorCodes.Shutdown, wasSent ? CutOffMessage : ShutDownMessage, wasSent ? RecordStatus.Unknown : RecordStatus.Failed);

    /// <summary>Completes a record that had not joined a Kinesis record when the producer was disposed.</summary>
    public void FailShutDown(in IncomingRecord record)
    {
        var content = new AggregateMember(
            record.PartitionKey.ToArray(), record.HasExplicitHashKey ? record.HashKey : null, record.Data.ToArray(), record.Number);
        Fail(content, record.Member, FailureReason.For(record.History, RecordErrorCodes.Shutdown, ShutDownMessage, null));
    }

    /// <summary>Completes one member as failed. Its shard is null where none was predicted.</summary>
    public virtual void Fail(in AggregateMember content, MemberRef member, FailureReason reason, string? shardId = null)
    {
        memory.Release(RecordValidator.Charge(content.PartitionKey.Length, content.ExplicitHashKey.HasValue, content.Data.Length), 1);
        EndFailed(member, content.NotDelivered(reason.Status, reason.Code, reason.Message, reason.Attempts), shardId);
    }

    /// <summary>Completes one record whose memory has already been released, as failed or with an unknown outcome.</summary>
    public void EndFailed(MemberRef member, in RecordResult result, string? shardId = null)
    {
        events.Failing(shardId, member, result.Status, result.ErrorCode!, result.Attempts);
        ledger.NotDelivered(result.Status, 1);
        member.Sink.SetResult(member.Index, result);
        member.Sink.Leave();
        events.Failed(result);
    }

    /// <summary>Completes members that failed together. The results share the encoded bytes without copying them, and own them from now on.</summary>
    private void FailTogether(KinesisRecord record, Func<int, FailureReason?, FailureReason> reasonFor, RecordStatus status)
    {
        var members = record.Members;
        var contents = new FailedAggregate(record.Encoded);
        var others = OthersOf(members);
        var (own, ownCharge, place) = (members.Length - others.Elsewhere, record.Charge - others.Charge, 0);
        ledger.NotDelivered(status, own);
        FailureReason? reason = null;
        SharedOutcome? end = null;
        for (var i = 0; i < members.Length; i++)
        {
            var former = reason;
            reason = reasonFor(i, former);
            if (end is null || !ReferenceEquals(reason, former))
                end = new SharedOutcome { Status = reason.Status, ErrorCode = reason.Code, ErrorMessage = reason.Message, Attempts = reason.Attempts,
                    Records = contents };
            var (result, sink) = (new RecordResult(end, i), members[i].Sink);
            sink.SetFailed(members[i].Index, result);
            if (sink.Rider is { CountsElsewhere: true })
            {
                sink.Leave();
                continue;
            }

            events.Failing(record.Engine.Range.ShardId, members[i], reason.Status, reason.Code, reason.Attempts);
            var share = (ownCharge * (place + 1) / own) - (ownCharge * place / own);
            place++;
            if (!sink.TryHoldMemory(memory, share))
                memory.Release(share, 1);
            sink.Leave();
            events.Failed(result);
        }

        contents.LetGo();
    }

    /// <summary>Completes each failed member by itself, where some of them may be kept, or taken back. False on the plain road: none may.</summary>
    protected virtual bool TryFailEach(KinesisRecord record, Func<int, FailureReason?, FailureReason> reasonFor) => false;

    /// <summary>Counts the members that are not in this ledger, their charge, and those in this memory limit alone. None on the plain road.</summary>
    protected virtual (int Elsewhere, long Charge, int MemoryOnly) OthersOf(ReadOnlySpan<MemberRef> members) => default;
}

/// <summary>
/// Counts out records whose results are set, one after the other. Neighboring records were mostly accepted together, so records of one sink, and
/// those of one flush generation, are counted out with one call.
/// </summary>
internal struct OutcomeRuns
{
    private int _inGeneration;

    /// <summary>Counts out records of one sink whose results are set. The caller's code may run from here on.</summary>
    /// <param name="next">The sink of the record after them; null for the last ones.</param>
    public void Ended(OutcomeSink sink, int count, OutcomeSink? next)
    {
        sink.Complete(count);
        _inGeneration += count;
        if (ReferenceEquals(next?.Generation, sink.Generation))
            return;
        sink.Generation.Leave(_inGeneration);
        _inGeneration = 0;
    }
}

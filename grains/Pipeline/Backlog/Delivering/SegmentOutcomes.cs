using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>
/// Handles the outcomes of records in segments: delivered, returned to the store for a retry, or set aside as dead letters. A caller that still waits
/// because the store has not acknowledged the segment gets the record's result.
/// </summary>
internal sealed class SegmentOutcomes(BacklogContext context, MemoryLimit memory, RecordCompleter completer, BacklogLogs logs, DeadLetterQueue letters)
    : ISegmentOutcomes
{
    /// <summary>Ends a record as expired that waited for the store.</summary>
    public void Expire(in AggregateMember content, MemberRef member) =>
        completer.Fail(content, member, Expiry.ReasonOf(null, context.Clock.ToUtc(context.Clock.Now), null));

    public void Delivered(LogSegment segment, int index, in RecordResult result)
    {
        var caller = segment.Done(index);
        if (caller.Sink is null)
        {
            context.Ledger.FromBacklogToDelivered(1);
        }
        else
        {
            context.Ledger.Delivered(1);
            caller.Sink.SetResult(caller.Index, result);
            caller.Sink.Complete(1);
            caller.Sink.Generation.Leave(1);
        }

        logs.Changed(segment);
    }

    public void CameBack(LogSegment segment, int index, in AggregateMember content, FailureReason reason)
    {
        memory.Release(RecordValidator.Charge(content.PartitionKey.Length, content.ExplicitHashKey.HasValue, content.Data.Length), 1);
        Returned(segment, index, content, reason);
    }

    public void CameBack(LogSegment segment, int index, in RecordResult result) =>
        Returned(segment, index, BacklogFallback.ContentOf(result.Record!.Value, result.Outcome?.Number?.Unpacked), BacklogFallback.ReasonOf(result));

    private void Returned(LogSegment segment, int index, in AggregateMember content, FailureReason reason)
    {
        if (segment.IsUnawaited && IsForGood(reason.Code, reason.Attempts))
        {
            letters.Add(segment, index, content.ToUserRecord(), content.Number?.Packed, reason.Code, reason.Message);
            return;
        }

        if (BacklogFallback.HadWrongShard(reason.Attempts))
            segment.SendAlone(index);
        var caller = segment.Back(index, out var isLost);
        reason = caller.Sink?.OutcomeRider?.Explain(reason) ?? reason;
        if (caller.Sink is not null)
            Tell(segment, caller, content.NotDelivered(reason.Status, reason.Code, reason.Message, reason.Attempts));
        else
            logs.Stays(segment, isLost);
        logs.Changed(segment);
    }

    public bool IsForGood(string code, IReadOnlyList<Attempt> attempts)
    {
        var most = context.Settings.Options.MaxAttempts;
        return code is not (RecordErrorCodes.Expired or RecordErrorCodes.Shutdown or RecordErrorCodes.OwnerLost)
            && (code != RecordErrorCodes.Throttled || (most > 0 && attempts.Sum(static a => a.Counted) >= most));
    }

    /// <summary>Tells a caller that waited for the store. A dead letter does not fail: it was not put again, and is there as before.</summary>
    private void Tell(LogSegment segment, MemberRef caller, in RecordResult result)
    {
        if (caller.Sink is RequeuedOutcome letters)
            letters.Refuse(caller.Index, result);
        else
            completer.EndFailed(caller, Told(segment, result));
    }

    /// <summary>
    /// Returns what a caller is told. Where the process stops before the store has acknowledged the segment, the store may have it, and the next process
    /// delivers it then.
    /// </summary>
    private static RecordResult Told(LogSegment segment, in RecordResult result) => result.ErrorCode != RecordErrorCodes.Shutdown || segment.IsDurable
        ? result
        : RecordResult.NotDelivered(RecordStatus.Unknown, RecordErrorCodes.Shutdown,
            $"{result.ErrorMessage}; the backlog may have it, whose store did not answer", result.Record, result.Attempts).WithNumber(result.Outcome?.Number);
}

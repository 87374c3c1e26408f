using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>Completes records of a stream some of whose records are counted elsewhere, or may be kept where they would fail.</summary>
internal sealed class MixedCompleter(LedgerCounters ledger, MemoryLimit memory, IRoadEvents events)
    : RecordCompleter(ledger, memory, events)
{
    private readonly IRoadEvents _events = events;

    /// <summary>Gives a record that left its Kinesis record undelivered back to who sent it here. False where it was accepted here.</summary>
    /// <param name="attempts">Its attempts here.</param>
    public static bool TryGiveBack(MemberRef member, AttemptChain? attempts)
    {
        if (member.Sink.OutcomeRider?.TryGiveBack(member.Index, AttemptChain.ToArray(attempts)) != true)
            return false;
        member.Sink.Leave();
        return true;
    }

    public override void Fail(in AggregateMember content, MemberRef member, FailureReason reason, string? shardId = null)
    {
        var (sink, rider) = (member.Sink, member.Sink.OutcomeRider);
        if (rider is { CountsElsewhere: true })
        {
            // Another process accepted it, and may still be able to send what this one cannot.
            if (!IsUnsent(reason) || !rider.TryGiveBack(member.Index, reason.Attempts))
                sink.SetResult(member.Index, RecordResult.NotDelivered(reason.Status, reason.Code, reason.Message, content.ToUserRecord(), reason.Attempts));
            sink.Leave();
            return;
        }

        if (rider?.TryKeep(member, content, reason) != true)
            base.Fail(content, member, rider?.Explain(reason) ?? reason, shardId);
    }

    protected override bool TryFailEach(KinesisRecord record, Func<int, FailureReason?, FailureReason> reasonFor)
    {
        var members = record.Members;
        var reason = reasonFor(0, null);
        if (!AnyMayStay(members, goesBack: IsUnsent(reason)))
            return false;
        var reader = MemberReading.Open(record.Encoded);
        for (var index = 0; reader.MoveNext(); index++)
        {
            reason = reasonFor(index, reason);
            try
            {
                Fail(reader.Current, members[index], reason, record.Engine.Range.ShardId);
            }
            catch (Exception e)
            {
                // The members behind it have nobody else who would end them.
                _events.Broken(e);
            }
        }

        record.Encoded.Release();
        return true;
    }

    protected override (int Elsewhere, long Charge, int MemoryOnly) OthersOf(ReadOnlySpan<MemberRef> members)
    {
        var (elsewhere, charge, memoryOnly) = (0, 0L, 0);
        var (last, rider) = ((OutcomeSink?)null, (IOutcomeRider?)null);
        foreach (ref readonly var member in members)
        {
            if (member.Sink != last)
                (last, rider) = (member.Sink, member.Sink.OutcomeRider);
            if (rider is null)
                continue;
            if (rider.CountsElsewhere)
                (elsewhere, charge) = (elsewhere + 1, charge + rider.ChargeElsewhere(member.Index));
            else if (rider.CountsMemoryOnly)
                memoryOnly++;
        }

        return (elsewhere, charge, memoryOnly);
    }

    /// <summary>Whether this process stops with the record in hand.</summary>
    private static bool IsUnsent(FailureReason reason) => reason is { Code: RecordErrorCodes.Shutdown, Status: RecordStatus.Failed };

    private static bool AnyMayStay(ReadOnlySpan<MemberRef> members, bool goesBack)
    {
        foreach (ref readonly var member in members)
        {
            if (member.Sink.Rider is { } rider && (goesBack || !rider.CountsElsewhere))
                return true;
        }

        return false;
    }
}

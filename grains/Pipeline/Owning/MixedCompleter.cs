using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>Completes records of a stream some of whose records are counted elsewhere, or may be kept where they would fail.</summary>
internal sealed class MixedCompleter(LedgerCounters ledger, MemoryLimits memory, IRoadEvents events, MonotonicClock clock)
    : RecordCompleter(ledger, memory, events, clock)
{
    /// <inheritdoc cref="OutcomeSink.TryGiveBack"/>
    public static bool TryGiveBack(MemberRef member, AttemptChain? attempts)
    {
        if (!member.Sink.TryGiveBack(member.Index, attempts))
            return false;
        member.Sink.Leave();
        return true;
    }

    protected override bool TryFailEach(in EncodedRecord encoded, ReadOnlySpan<MemberRef> members, Func<int, FailureReason?, FailureReason> reasonFor)
    {
        if (!AnyMayStay(members))
            return false;
        FailureReason? reason = null;
        var reader = MemberReading.Open(encoded);
        for (var index = 0; reader.MoveNext(); index++)
            Fail(reader.Current, members[index], reason = reasonFor(index, reason));
        encoded.Release();
        return true;
    }

    protected override (int Elsewhere, long Charge, int MemoryOnly) OthersOf(ReadOnlySpan<MemberRef> members)
    {
        var (elsewhere, charge, memoryOnly) = (0, 0L, 0);
        foreach (ref readonly var member in members)
        {
            switch (member.Sink.Counting)
            {
                case Counting.Elsewhere:
                    (elsewhere, charge) = (elsewhere + 1, charge + member.Sink.ChargeElsewhere(member.Index));
                    break;
                case Counting.MemoryOnly:
                    memoryOnly++;
                    break;
            }
        }

        return (elsewhere, charge, memoryOnly);
    }

    private static bool AnyMayStay(ReadOnlySpan<MemberRef> members)
    {
        foreach (ref readonly var member in members)
        {
            if (member.Sink.Counting == Counting.MemoryOnly || member.Sink.Rider is not null)
                return true;
        }

        return false;
    }
}

using System.Diagnostics;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Silos.Links;

/// <summary>Records of another silo that were accepted together and share their terms; their outcomes go back to it.</summary>
/// <param name="wasPassedOn">Whether that silo had them from another one.</param>
internal class ForwardedBatchSink(
    OutcomeOutbox outcomes, MemoryLimits memory, RecordsFrame frame, long[] charges, in AcceptanceTerms terms, bool wasPassedOn = false)
    : ForwardedSink(terms), ITracedSink
{
    private readonly long _first = frame.First;
    private readonly TraceRuns? _traces = frame.TraceRuns;
    private volatile bool _wasHeld;

    public ActivityContext SpanOf(int index) => _traces?.At(index) ?? default;

    public override long ChargeElsewhere(int index) => charges[index];

    /// <summary>Notes that such a record is passed on: its shard is not owned here.</summary>
    public void Passed(string shardId) => outcomes.NoteGone(shardId);

    /// <summary>
    /// Whether such a record must be held until the shard map was read again, since it would go in a circle, or may: back to the silo that sent it, or on from
    /// the second silo that does not own its shard.
    /// </summary>
    /// <param name="silo">Where it would go.</param>
    public bool MustBeHeldBefore(SiloId silo) => !_wasHeld && (wasPassedOn || outcomes.Origin.Equals(silo));

    /// <summary>Notes that the records were held while the shard map was read: now they may go.</summary>
    public void NoteHeld() => _wasHeld = true;

    public override void SetResult(int index, in RecordResult result)
    {
        memory.Release(charges[index], 1);
        outcomes.Add(_first + index, result);
    }

    public override void GiveBack(int index, Attempt[] attempts) =>
        SetResult(index, RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, null, null, attempts));

    public override void Complete(int count) => outcomes.Pump();
}

/// <summary>Records of an ordered stream that belong to one tenure: when one goes back, no later record of that tenure is accepted.</summary>
internal sealed class OrderedForwardedSink(Inbox inbox, RecordsFrame frame, string shard, MemoryLimits memory, long[] charges, in AcceptanceTerms terms)
    : ForwardedBatchSink(inbox.Outcomes, memory, frame, charges, terms)
{
    private readonly long _turn = frame.Turn;

    public override void GiveBack(int index, Attempt[] attempts)
    {
        inbox.EndTurn(shard, _turn);
        base.GiveBack(index, attempts);
    }
}

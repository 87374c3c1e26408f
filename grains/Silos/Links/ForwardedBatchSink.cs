using System.Diagnostics;
using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Silos.Links;

/// <summary>Records of another silo that were accepted together and share their terms; their outcomes go back to it.</summary>
internal class ForwardedBatchSink(OutcomeOutbox outcomes, MemoryLimits memory, RecordsFrame frame, long[] charges, in AcceptanceTerms terms)
    : ForwardedSink(terms), ITracedSink
{
    private readonly long _first = frame.First;
    private readonly TraceRuns? _traces = frame.TraceRuns;

    public ActivityContext SpanOf(int index) => _traces?.At(index) ?? default;

    public override long ChargeElsewhere(int index) => charges[index];

    /// <summary>Drops a failed record itself, since the other silo has it.</summary>
    public override void SetResult(int index, in RecordResult result) => OutcomeRun.Add(_first + index, result.WithoutRecord());

    public override void GiveBack(int index, Attempt[] attempts) =>
        SetResult(index, RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, null, null, attempts));

    public override void Complete(int count)
    {
        var run = OutcomeRun.Take();
        var charge = 0L;
        foreach (ref readonly var ended in CollectionsMarshal.AsSpan(run))
            charge += charges[ended.Number - _first];
        memory.Release(charge, run.Count);
        outcomes.Add(CollectionsMarshal.AsSpan(run));
        OutcomeRun.Return(run);
    }
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

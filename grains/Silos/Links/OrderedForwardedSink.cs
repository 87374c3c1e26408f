using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Records of an ordered stream that belong to one tenure: when one goes back, no later record of that tenure is accepted.
/// </summary>
internal sealed class OrderedForwardedSink(Inbox inbox, RecordsFrame frame, string shard, MemoryLimits memory, long[] charges, in AcceptanceTerms terms)
    : ForwardedBatchSink(inbox.Outcomes, memory, frame.First, charges, terms)
{
    private readonly long _turn = frame.Turn;

    public override void GiveBack(int index, Attempt[] attempts)
    {
        inbox.EndTurn(shard, _turn);
        base.GiveBack(index, attempts);
    }
}

using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Outcomes;

namespace Orleans.Kpl.Grains.Links;

/// <summary>Records of an ordered stream that belong to one turn: when one goes back, nothing that comes later of it is taken.</summary>
internal sealed class TurnFrame(Inbox inbox, RecordsFrame frame, string shard, Room room, long[] charges, in AcceptanceTerms terms)
    : GuestFrame(inbox.Outcomes, room, frame.First, charges, terms)
{
    private readonly long _turn = frame.Turn;

    public override void GiveBack(int index, Attempt[] attempts)
    {
        inbox.EndTurn(shard, _turn);
        base.GiveBack(index, attempts);
    }
}

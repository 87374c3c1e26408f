using Orleans.Kpl.Simulation.Clients;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>
/// The judge of duplicates: a record is there twice only where an answer was lost, a process followed another, shards changed, or a store or a silo
/// fell silent. What of it is bounded, is held to its bound.
/// </summary>
internal sealed class CopyCheck(World world, Plan plan, Callers callers, IReadOnlyList<ProcessHost> hosts, StreamContents contents, HistoryCounts counts)
{
    /// <summary>A record is twice in a wrong shard, or at one that no map explains, before it goes alone.</summary>
    private const int PerChange = 2;

    private static readonly FaultKind[] OfShards =
    [
        FaultKind.Reshard, FaultKind.AnnouncedReshard, FaultKind.CreatedAgain, FaultKind.ListingsLag, FaultKind.ListingsStandStill,
        FaultKind.AnnouncementWithdrawn,
    ];

    private static readonly FaultKind[] Silent =
    [
        FaultKind.StoreFails, FaultKind.StoreSilent, FaultKind.StoreSlow, FaultKind.StoreLosesAnswers, FaultKind.StoreFull, FaultKind.LinkCut,
        FaultKind.LinkCutOneWay, FaultKind.Isolated, FaultKind.CallsLost, FaultKind.Freeze,
    ];

    /// <summary>How often a record may be put again though an answer had come, for each reason that the plan has.</summary>
    private readonly int _ofShards = PerChange * plan.Faults.Count(static f => OfShards.Contains(f.Kind));

    private readonly int _ofProcesses = hosts.Sum(static h => h.Life);

    private readonly int _ofSilence = plan.Store == StoreKind.None ? 0 : plan.Faults.Count(static f => Silent.Contains(f.Kind));

    public void Run()
    {
        foreach (var ticket in callers.Tickets)
            Check(ticket);
    }

    private void Check(Ticket ticket)
    {
        var visible = contents.CopiesOf(ticket.Number).Where(static c => c.IsVisible).ToList();
        if (visible.Count < 2)
            return;
        var told = visible.Count(static c => c.In.IsAnswered);
        var again = Math.Max(0, told - 1);
        counts.Duplicates += visible.Count - 1;
        counts.AfterLostAnswers += visible.Count - 1 - again;
        if (again > _ofShards + _ofProcesses + _ofSilence)
            world.Violate($"{ticket} is in the stream {visible.Count} times, and its producers were told so {told} times");
        else if (_ofProcesses > 0)
            counts.AfterProcesses += again;
        else if (_ofShards > 0)
            counts.AfterReshards += again;
        else
            counts.AfterSilence += again;
    }
}

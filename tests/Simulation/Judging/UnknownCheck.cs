using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>The judge of doubt: a client is told that a silo was lost only where one was, or where calls were.</summary>
internal static class UnknownCheck
{
    private static readonly FaultKind[] Losses =
    [
        FaultKind.Kill, FaultKind.PowerLoss, FaultKind.Freeze, FaultKind.Drain, FaultKind.LinkCut, FaultKind.LinkCutOneWay, FaultKind.Isolated,
        FaultKind.CallsLost,
    ];

    public static void Run(World world, Plan plan, Callers callers)
    {
        if (plan.Has(Losses))
            return;
        if (callers.Tickets.FirstOrDefault(static t => t.Host is ClusterClientHost && t.Code == RecordErrorCodes.OwnerLost) is { } ticket)
            world.Violate($"{ticket}, and no silo was lost");
    }
}

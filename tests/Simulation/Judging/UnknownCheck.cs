using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>
/// The judge of doubt: a client is told that a silo was lost only where one was, where calls were, or where the client was without a gateway for as long
/// as it waits for one.
/// </summary>
internal static class UnknownCheck
{
    private static readonly FaultKind[] Losses =
    [
        FaultKind.Kill, FaultKind.PowerLoss, FaultKind.Freeze, FaultKind.Drain, FaultKind.LinkCut, FaultKind.LinkCutOneWay, FaultKind.Isolated,
        FaultKind.CallsLost,
    ];

    /// <summary>So long after its time-to-live a client goes on asking for the end of a record.</summary>
    private static readonly TimeSpan AsksFor = TimeSpan.FromSeconds(10);

    public static void Run(World world, Plan plan, Callers callers)
    {
        if (plan.Has(Losses) || plan.Faults.Any(static f => f.Kind == FaultKind.GatewaysWrong && f.For > AsksFor))
            return;
        if (callers.Tickets.FirstOrDefault(static t => t.Host is ClusterClientHost && t.Code == RecordErrorCodes.OwnerLost) is { } ticket)
            world.Violate($"{ticket}, and no silo was lost");
    }
}

namespace Orleans.Kpl.Simulation.Plans;

/// <summary>
/// Defects that simulated histories found and that are not mended yet. Histories that may meet one are left out, unless the command line asks for
/// them. A row goes when its defect does.
/// </summary>
internal static class KnownDefects
{
    private static readonly (string What, Func<Plan, bool> MayMeet)[] Rows =
    [
        ("With several silos, a record of an ordered stream with a backlog may first appear behind a later one of its key.",
            static p => p is { IsOrdered: true, Store: not StoreKind.None, Silos: > 1 }),
        ("With several silos, records of a backlog are delivered again and again while a silo does not understand the answers of a stream that was "
            + "created again.",
            static p => p is { Store: not StoreKind.None, Silos: > 1 } && p.Has(FaultKind.CreatedAgain)),
    ];

    /// <summary>What a history may meet; null for nothing that is known.</summary>
    public static string? Of(Plan plan) => Rows.FirstOrDefault(r => r.MayMeet(plan)).What;
}

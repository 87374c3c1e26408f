namespace Orleans.Kpl.Simulation.Plans;

/// <summary>
/// Defects that simulated histories found and that are not mended yet. Histories that may meet one are left out, unless the command line asks for
/// them. A row goes when its defect does.
/// </summary>
internal static class KnownDefects
{
    private static readonly (string What, Func<Plan, bool> MayMeet)[] Rows =
    [
        (
            "records of an ordered stream that came back from a silo went behind later ones, where shards changed again and again",
            static p => p is { Circumstance: Circumstance.PassingShards, IsOrdered: true }
        ),
    ];

    /// <summary>What a history may meet; null for nothing that is known.</summary>
    public static string? Of(Plan plan) => Rows.FirstOrDefault(r => r.MayMeet(plan)).What;
}

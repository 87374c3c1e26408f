namespace Orleans.Kpl.Simulation.Plans;

/// <summary>
/// Defects that simulated histories found and that are not mended yet. Histories that may meet one are left out, unless the command line asks for
/// them. A row goes when its defect does.
/// </summary>
internal static class KnownDefects
{
    private static readonly (string What, Func<Plan, bool> MayMeet)[] Rows = [];

    /// <summary>What a history may meet; null for nothing that is known.</summary>
    public static string? Of(Plan plan) => Rows.FirstOrDefault(r => r.MayMeet(plan)).What;
}

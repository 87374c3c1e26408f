namespace Orleans.Kpl.Grains.Leases;

/// <summary>
/// What the row of an ordered shard says: the silo that has it, none where it was given back, and those before it that did not give it back and may still
/// be sending. Names of silos, with a space between them; the first is the owner, or a dash.
/// </summary>
internal static class EpochText
{
    private const string Nobody = "-";

    /// <summary>Nobody has the shard, and nobody is sending for it.</summary>
    public const string Free = "";

    /// <summary>Who may be sending for the shard.</summary>
    public static string[] SendersOf(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(static s => s != Nobody)];

    /// <summary>A silo has it.</summary>
    /// <param name="owner">The silo.</param>
    /// <param name="former">Those that may still be sending.</param>
    public static string OwnedBy(string owner, params IEnumerable<string> former) => string.Join(' ', [owner, .. former]);

    /// <summary>It was given back by one that had not waited for its former owners yet.</summary>
    public static string GivenBack(IReadOnlyCollection<string> former) => former.Count == 0 ? Free : OwnedBy(Nobody, former);
}

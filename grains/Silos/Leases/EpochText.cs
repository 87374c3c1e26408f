namespace Orleans.Kpl.Silos.Leases;

/// <summary>
/// Formats the row of an ordered shard: the silo that owns it, or none if it was given back, and the former owners that did not give it
/// back and may still be sending. The text lists names of silos, separated by spaces; the first is the owner, or a dash for none.
/// </summary>
internal static class EpochText
{
    private const string Nobody = "-";

    /// <summary>No silo owns the shard, and none is sending for it.</summary>
    public const string Free = "";

    /// <summary>As <see cref="Free"/>, and the shard is closed for good: a silo whose shard map is older must not take it.</summary>
    public const string Closed = Nobody;

    /// <summary>Returns the silos that may be sending for the shard.</summary>
    public static string[] SendersOf(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(static s => s != Nobody)];

    /// <summary>Returns the silo that owns the shard; null for none.</summary>
    public static string? OwnerOf(string text) => text.Split(' ')[0] is { Length: > 0 } first and not Nobody ? first : null;

    /// <summary>Whether the row names the silo as the shard's owner.</summary>
    public static bool IsOwnedBy(string silo, string text) => text.AsSpan(0, text.IndexOf(' ') is var end and > 0 ? end : text.Length).SequenceEqual(silo);

    /// <summary>Formats the row of a shard that a silo owns.</summary>
    /// <param name="owner">The silo.</param>
    /// <param name="former">The former owners that may still be sending.</param>
    public static string OwnedBy(string owner, params IEnumerable<string> former) => string.Join(' ', [owner, .. former]);

    /// <summary>Formats the row of a shard that its owner gave back.</summary>
    /// <param name="former">The former owners that it had not yet waited for.</param>
    /// <param name="isClosed">Whether the shard is closed for good.</param>
    public static string GivenBack(IReadOnlyCollection<string> former, bool isClosed) => former.Count > 0 ? OwnedBy(Nobody, former) : isClosed ? Closed : Free;
}

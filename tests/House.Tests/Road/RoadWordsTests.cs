using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests.Road;

/// <summary>
/// The plain road knows no feature that hangs on it: neither an identifier nor a comment of <c>grains/Pipeline/Road</c> should speak of one. Each word may
/// only get rarer, until it is gone.
/// </summary>
public sealed class RoadWordsTests
{
    /// <summary>A word of a name or of a sentence.</summary>
    private static readonly Regex Part = new("[A-Z]?[a-z]+");
    private const string Road = "grains/Pipeline/Road/";

    public static TheoryData<string, string[], int> Words => new()
    {
        { "order", ["order", "orders", "ordered", "ordering"], 0 },
        { "backlog", ["backlog", "backlogs"], 0 },
        { "spill", ["spill", "spills", "spilled"], 0 },
        { "horizon", ["horizon", "horizons"], 0 },
        { "identity", ["identity", "identities"], 0 },
        { "idle", ["idle", "idling"], 0 },
        { "forward", ["forward", "forwards", "forwarded", "forwarding"], 0 },
        { "owner", ["owner", "owners"], 0 },
        { "trace", ["trace", "traces", "traced", "tracing"], 0 },
        { "even", ["even", "evenly"], 0 },
        { "prefetch", ["prefetch", "prefetches", "prefetched", "prefetching"], 0 },
    };

    [Theory]
    [MemberData(nameof(Words))]
    public void Word_OfAFeature_OnlyGetsRarer(string name, string[] forms, int most)
    {
        var found = Tree.Sources.Where(f => f.StartsWith(Road, StringComparison.Ordinal))
            .Select(f => (File: f, Count: Part.Matches(Tree.Read(f)).Count(m => forms.Contains(m.Value.ToLowerInvariant()))))
            .Where(f => f.Count > 0)
            .ToList();
        var count = found.Sum(f => f.Count);
        Assert.True(count <= most, $"{name}: {count} times, at most {most}:\n{string.Join('\n', found.Select(f => $"{f.Count} {f.File}"))}");
        Assert.True(count == most, $"{name}: only {count} times now, lower its figure from {most}");
    }
}

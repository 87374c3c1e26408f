namespace Orleans.Kpl.Http.Watching;

/// <summary>
/// Says which shards are full, and since when: those whose use of the last seconds, on average, is what a shard takes. A burst of a second is none. Not
/// thread-safe.
/// </summary>
internal sealed class FullShards
{
    private const double Begins = 0.95;
    private const double Ends = 0.8;

    /// <summary>The weight of the latest second: what is older than ten seconds hardly counts.</summary>
    private const double Weight = 0.3;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private Dictionary<string, (double Use, DateTimeOffset? Since)> _shards = new(StringComparer.Ordinal);

    /// <summary>The full shards, in the order of their ids, and since when each is.</summary>
    public IReadOnlyList<(string ShardId, DateTimeOffset Since)> Full { get; private set; } = [];

    /// <summary>Notes the use of all shards in the second that ends now. Shards that are not among them are forgotten.</summary>
    /// <param name="uses">Each shard, its use, and that of the last whole minute, by which the first look knows what was before.</param>
    public void Note(DateTimeOffset now, IEnumerable<(string ShardId, double Use, double? LastMinute)> uses)
    {
        var next = new Dictionary<string, (double, DateTimeOffset?)>(StringComparer.Ordinal);
        foreach (var (id, use, lastMinute) in uses)
        {
            var isKnown = _shards.TryGetValue(id, out var before);
            var average = isKnown ? (before.Use * (1 - Weight)) + (use * Weight) : lastMinute ?? use;
            var since = !isKnown && lastMinute >= Begins ? now - Minute : average >= Begins ? before.Since ?? now : average >= Ends ? before.Since : null;
            next[id] = (average, since);
        }

        _shards = next;
        Full = [.. next.Where(static s => s.Value.Item2 is not null).Select(static s => (s.Key, s.Value.Item2!.Value))
            .OrderBy(static s => s.Key, StringComparer.Ordinal)];
    }
}

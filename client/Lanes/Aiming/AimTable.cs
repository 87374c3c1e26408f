namespace Orleans.Kpl.Lanes.Aiming;

/// <summary>Which silo says that it serves which hash keys. Never changes.</summary>
/// <remarks>Where two silos say it, the one that said it last counts: a shard has moved there.</remarks>
internal sealed class AimTable
{
    private readonly UInt128[] _ends;
    private readonly AimTarget?[] _targets;

    private AimTable(List<(UInt128 End, AimTarget? Target)> segments) =>
        (_ends, _targets) = ([.. segments.Select(static s => s.End)], [.. segments.Select(static s => s.Target)]);

    /// <summary>Returns the silo that serves a hash key; null where none says so.</summary>
    public AimTarget? Find(UInt128 hashKey)
    {
        var place = Array.BinarySearch(_ends, hashKey);
        return _targets[place < 0 ? ~place : place];
    }

    /// <summary>Makes the table of what silos said.</summary>
    public static AimTable Of(IEnumerable<AimTarget> targets)
    {
        var claims = targets.SelectMany(static t => t.Ranges.Select(r => (r.First, r.Last, Target: t))).OrderBy(static c => c.First).ToArray();
        var segments = new List<(UInt128 End, AimTarget? Target)>(claims.Length + 1);
        List<(UInt128 Last, AimTarget Target)> reaching = [];
        var (start, next) = (UInt128.Zero, 0);
        while (true)
        {
            for (; next < claims.Length && claims[next].First <= start; next++)
                reaching.Add((claims[next].Last, claims[next].Target));
            reaching.RemoveAll(c => c.Last < start);
            var (end, target) = reaching.Count == 0 ? (UInt128.MaxValue, null) : reaching.MaxBy(static c => c.Target.ToldAt);
            // A claim that begins within it may be the later one.
            if (next < claims.Length && claims[next].First <= end)
                end = claims[next].First - 1;
            // One that ends before it may have hidden nothing.
            if (segments.Count > 0 && segments[^1].Target == target)
                segments[^1] = (end, target);
            else
                segments.Add((end, target));
            if (end == UInt128.MaxValue)
                return new AimTable(segments);
            start = end + 1;
        }
    }
}

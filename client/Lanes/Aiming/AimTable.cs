using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Lanes.Aiming;

/// <summary>Which silo says that it serves which hash keys. Never changes.</summary>
/// <remarks>Where two silos say it, the one that said it last counts: a shard has moved there.</remarks>
internal sealed class AimTable
{
    private readonly UInt128[] _ends;
    private readonly AimTarget?[] _targets;

    private AimTable(ShardSegment[] segments, Func<int, AimTarget> targetOf)
    {
        _ends = Array.ConvertAll(segments, static s => s.End);
        _targets = Array.ConvertAll(segments, s => s.Shard == ShardMap.None ? null : targetOf(s.Shard));
    }

    /// <summary>Returns the silo that serves a hash key; null where none says so.</summary>
    public AimTarget? Find(UInt128 hashKey)
    {
        var place = Array.BinarySearch(_ends, hashKey);
        return _targets[place < 0 ? ~place : place];
    }

    /// <summary>Makes the table of what silos said.</summary>
    public static AimTable Of(IEnumerable<AimTarget> targets)
    {
        var claims = targets.SelectMany(static t => t.Ranges.Select(r => (Range: new RankedRange<long>(r.First, r.Last, t.ToldAt), Target: t)))
            .OrderBy(static c => c.Range.First).ToArray();
        var segments = ShardSegments.Flatten<long>(Array.ConvertAll(claims, static c => c.Range), static (left, right) => left.CompareTo(right));
        return new AimTable(segments, claim => claims[claim].Target);
    }
}

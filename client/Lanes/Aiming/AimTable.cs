using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Aiming;

/// <summary>Which silo says that it serves which hash keys. Never changes.</summary>
/// <remarks>Where two silos say it, the one that said it last counts: a shard has moved there.</remarks>
internal sealed class AimTable
{
    private readonly UInt128[] _ends;
    private readonly AimTarget?[] _targets;

    /// <summary>Makes the table of what silos said.</summary>
    public AimTable(IEnumerable<AimTarget> targets)
    {
        var claims = targets.SelectMany(static t => t.Ranges.Select(r => (Range: new RankedRange<long>(r.First, r.Last, t.ToldAt), Target: t)))
            .OrderBy(static c => c.Range.First).ToArray();
        var segments = ShardSegments.Flatten<long>(Array.ConvertAll(claims, static c => c.Range), static (left, right) => left.CompareTo(right));
        _ends = Array.ConvertAll(segments, static s => s.End);
        _targets = Array.ConvertAll(segments, s => s.Shard == ShardMap.None ? null : claims[s.Shard].Target);
    }

    /// <summary>Returns the silo that serves a hash key; null where none says so.</summary>
    public AimTarget? Find(UInt128 hashKey)
    {
        var index = Array.BinarySearch(_ends, hashKey);
        return _targets[index < 0 ? ~index : index];
    }
}

/// <summary>A silo that records are aimed at.</summary>
internal sealed class AimTarget(SiloId silo)
{
    public SiloId Silo => silo;

    /// <summary>The records that wait for a lane there. Guarded by the stream.</summary>
    public MessageQueue Queue => field ??= new MessageQueue();

    /// <summary>The version of the ranges that it told; 0 before it told any. This and what follows is guarded by <see cref="StreamAim"/>.</summary>
    public long Version { get; set; }

    /// <summary>The hash keys that it says it serves.</summary>
    public (UInt128 First, UInt128 Last)[] Ranges { get; set; } = [];

    /// <summary>Orders what silos told.</summary>
    public long ToldAt { get; set; }

    /// <summary>When it may be asked again; <see cref="long.MaxValue"/> while it is asked.</summary>
    public long AskAgainAt { get; set; }
}

using System.Collections.Concurrent;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// The shards that this silo has sent away lately, and where to. One that comes back stays for a while: the silo that sent it back has another map, or
/// knows other silos. Without it, two such silos would move the shard to and fro.
/// </summary>
internal sealed class DepartedShards(LiveSilos silos, TimeProvider time)
{
    /// <summary>About the time in which each silo has read the map again.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<ShardKey, Departure> _departed = new();

    /// <summary>Notes that a shard moves away from here; it is opened on that silo.</summary>
    public void Add(ShardKey shard, SiloId target) => _departed[shard] = new Departure(target, time.GetTimestamp(), silos.Owners);

    /// <summary>Forgets a shard, because it did not move.</summary>
    public void Remove(ShardKey shard) => _departed.TryRemove(shard, out _);

    /// <summary>Forgets the shards that left long ago, or when there were other silos.</summary>
    public void RemoveOld()
    {
        foreach (var departed in _departed)
        {
            if (!IsFresh(departed.Value))
                _departed.TryRemove(departed);
        }
    }

    /// <summary>Whether a shard may be sent away: not again within a minute while the silos are the same.</summary>
    public bool MayMove(ShardKey shard) => TargetOf(shard) is null;

    /// <summary>Returns where a shard was sent; null when that is a minute ago, or the silos have changed.</summary>
    public SiloId? TargetOf(ShardKey shard) => _departed.TryGetValue(shard, out var departure) && IsFresh(departure) ? departure.Target : null;

    /// <summary>A target that began to leave before its shard got there takes no more shards.</summary>
    private bool IsFresh(Departure departure) =>
        ReferenceEquals(departure.Silos, silos.Owners) && departure.Silos.Contains(departure.Target) && time.GetElapsedTime(departure.At) < Stay;

    private readonly record struct Departure(SiloId Target, long At, IReadOnlyList<SiloId> Silos);
}

using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Says where a shard is to be opened, by the stream's shard map and the silos as this silo knows them: at its home. Silos that know the same say the
/// same. Where a shard is, only its owner says (<see cref="IShardDirectory"/>): it may be elsewhere, as long as no silo has more than its share.
/// </summary>
/// <param name="mapOf">Returns the map of a stream that is in force here; null or empty where none is known.</param>
internal sealed class ShardHomes(Func<string, ShardMap?> mapOf, LiveSilos silos, TimeProvider time)
{
    /// <summary>
    /// How long a map and the silos must have been the same before shards move because of them. A change rarely comes alone, and other silos learn
    /// of it a little earlier or later.
    /// </summary>
    public static readonly TimeSpan SettledAfter = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, StreamHomes> _known = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>The shards that this silo has sent away. Their homes are where it sent them.</summary>
    public DepartedShards Departed { get; } = new(silos, time);

    /// <summary>Returns the silo where a shard is to be opened; null while there is none.</summary>
    /// <param name="shard">
    /// The shard. One that the map here does not show goes to a silo by rendezvous hashing. If that silo gets too many by it, it moves some.
    /// </param>
    /// <param name="among">The silos that can take it; null for all.</param>
    public SiloId? HomeOf(ShardKey shard, IReadOnlyCollection<SiloId>? among = null)
    {
        var home = Departed.TargetOf(shard) ?? Of(shard.Stream)?.Find(shard.ShardId);
        return home is not null && among?.Contains(home) != false ? home : silos.OwnerOf(shard.ToString(), among);
    }

    /// <summary>Returns the homes of a stream's shards; null while its map is not known here.</summary>
    public StreamHomes? Of(string stream)
    {
        if (mapOf(stream) is not { Count: > 0 } map)
            return null;
        var owners = silos.Owners;
        if (_known.TryGetValue(stream, out var known) && known.IsOf(map, owners))
            return known;
        // Many shards are placed at once when a stream begins: their homes are found once.
        lock (_lock)
        {
            _known.TryGetValue(stream, out known);
            return known?.IsOf(map, owners) == true ? known : _known[stream] = StreamHomes.Of(stream, map, owners, known, time.GetTimestamp());
        }
    }

    /// <summary>Forgets a stream that has closed here.</summary>
    public void Forget(string stream) => _known.TryRemove(stream, out _);

    /// <summary>How long it takes until the homes of a stream's shards have been the same for <see cref="SettledAfter"/>.</summary>
    public TimeSpan UntilSettled(string stream)
    {
        if (Of(stream) is not { } homes)
            return TimeSpan.Zero;
        var left = SettledAfter - time.GetElapsedTime(homes.Since);
        // A timer that waits for less than a millisecond does not wait at all.
        return left > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : TimeSpan.Zero;
    }
}

/// <summary>The homes of one stream's shards, for one map and the silos of one moment.</summary>
internal sealed class StreamHomes
{
    private readonly ShardMap _map;
    private readonly IReadOnlyList<SiloId> _silos;
    private readonly ShardSpread _spread;

    private StreamHomes(ShardMap map, IReadOnlyList<SiloId> silos, ShardSpread spread, long since) =>
        (_map, _silos, _spread, Since) = (map, silos, spread, since);

    /// <summary>Since when the shards and the silos have been these, in timestamps of the clock.</summary>
    public long Since { get; }

    /// <param name="former">What was known before. A map that was read again and shows the same shards changes nothing.</param>
    /// <param name="now">Now, in timestamps of the clock.</param>
    public static StreamHomes Of(string stream, ShardMap map, IReadOnlyList<SiloId> silos, StreamHomes? former, long now)
    {
        if (former is not null && ReferenceEquals(former._silos, silos) && map.HasShardsOf(former._map))
            return new StreamHomes(map, silos, former._spread, former.Since);
        UInt128[] starts = [.. map.Listed.Shards.Select(static s => s.StartingHashKey)];
        return new StreamHomes(map, silos, new ShardSpread(stream, starts, [.. silos.Select(static s => s.Number)]), now);
    }

    /// <summary>Whether it is of this map and these silos.</summary>
    public bool IsOf(ShardMap map, IReadOnlyList<SiloId> silos) => ReferenceEquals(_map, map) && ReferenceEquals(_silos, silos);

    /// <summary>Returns a shard's home; null where the map does not show the shard, or without silos.</summary>
    public SiloId? Find(string shardId) =>
        _silos.Count > 0 && _map.IndexOf(shardId) is var shard && shard != ShardMap.None ? _silos[_spread.Homes[shard]] : null;

    /// <summary>Returns the shards that a silo gives away, and to which silos; of those that the map shows.</summary>
    /// <param name="hosted">The shards that it has.</param>
    /// <param name="self">The silo. One that is not among the silos leaves, and gives all away.</param>
    /// <param name="known">The silos that had their shares when it last gave shards away: others have come.</param>
    /// <param name="mayGoHome">Whether a shard that is here beyond the silo's share may move.</param>
    public IEnumerable<(string ShardId, SiloId To)> Moves(
        IEnumerable<string> hosted, SiloId self, IReadOnlyCollection<SiloId> known, Func<string, bool> mayGoHome)
    {
        int[] here = [.. hosted.Select(_map.IndexOf).Where(static s => s != ShardMap.None).Order()];
        if (here.Length == 0 || _silos.Count == 0)
            return [];
        var own = Enumerable.Range(0, _silos.Count).FirstOrDefault(i => _silos[i].Equals(self), -1);
        int[] newcomers = [.. Enumerable.Range(0, _silos.Count).Where(i => i != own && !known.Contains(_silos[i]))];
        var moves = own < 0 ? _spread.MovesFrom(here, self.Number)
            : newcomers.Length > 0 ? _spread.MovesTo(here, own, newcomers)
            : _spread.MovesHome(here, own, s => mayGoHome(_map[s].ShardId));
        return moves.Select(m => (_map[m.Shard].ShardId, _silos[m.To]));
    }
}

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

    /// <summary>Returns where a shard was sent; null when that is a minute ago, or the silos have changed, so that it may be sent away again.</summary>
    public SiloId? TargetOf(ShardKey shard) => _departed.TryGetValue(shard, out var departure) && IsFresh(departure) ? departure.Target : null;

    /// <summary>A target that began to leave before its shard got there takes no more shards.</summary>
    private bool IsFresh(Departure departure) =>
        ReferenceEquals(departure.Silos, silos.Owners) && departure.Silos.Contains(departure.Target) && time.GetElapsedTime(departure.At) < Stay;

    private readonly record struct Departure(SiloId Target, long At, IReadOnlyList<SiloId> Silos);
}

using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Maps;
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

    /// <summary>The shards that this silo has sent away. It places them where it sent them.</summary>
    public DepartedShards Departed { get; } = new(silos, time);

    /// <summary>Returns the silo where a shard is to be opened; null while there is none.</summary>
    /// <param name="shard">
    /// The shard. One that the map here does not show goes to a silo by rendezvous hashing. If that silo gets too many by it, it moves some.
    /// </param>
    /// <param name="among">The silos that can take it; null for all.</param>
    public SiloId? PlaceOf(ShardKey shard, IReadOnlyCollection<SiloId>? among = null)
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

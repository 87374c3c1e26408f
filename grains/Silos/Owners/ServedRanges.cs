using System.Collections.Concurrent;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// The hash keys that this silo serves of each stream, for clients that choose a silo by hash key. A silo reports its own shards only. The report is a
/// hint, and may be out of date when it arrives: records of other shards are forwarded all the same.
/// </summary>
/// <param name="mapOf">
/// Returns a stream's canonical name, and its map that is in force here; null where none is known, or where clients must not aim.
/// </param>
internal sealed class ServedRanges(Func<string, (string Stream, ShardMap Map)?> mapOf, HostedShards hosted)
{
    private readonly ConcurrentDictionary<string, Told> _told = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    // Of all streams: a stream that closed and opens again is not told under a number that it had.
    private long _lastVersion;

    /// <summary>Returns what is served of a stream, which may be named by its ARN, and the version of that; 0 where nothing is told.</summary>
    public (long Version, byte[] Ranges) Of(string name)
    {
        if (mapOf(name) is not (var stream, { Count: > 0 } map))
            return (0, []);
        // Read before the shards: whatever changes meanwhile is told next.
        var changes = hosted.Changes;
        if (!_told.TryGetValue(stream, out var told) || told.Map != map || told.Changes != changes)
            told = Tell(stream, map, changes);
        return (told.Version, told.Ranges);
    }

    /// <summary>Forgets a stream that has closed here.</summary>
    public void Forget(string stream) => _told.TryRemove(stream, out _);

    private Told Tell(string stream, ShardMap map, long changes)
    {
        var ranges = PackedRanges.Pack(map.Listed.Shards.Where(s => hosted.Contains(new ShardKey(stream, s.ShardId)))
            .Select(static s => (s.StartingHashKey, s.EndingHashKey)));
        lock (_lock)
        {
            var isSame = _told.TryGetValue(stream, out var former) && former.Ranges.AsSpan().SequenceEqual(ranges);
            return _told[stream] = new Told(map, changes, isSame ? former!.Version : ++_lastVersion, ranges);
        }
    }

    private sealed record Told(ShardMap Map, long Changes, long Version, byte[] Ranges);
}

using System.Collections.Concurrent;

namespace Orleans.Kpl.Glue.Registry;

/// <summary>The versions that readers asked for. A version never changes, so they are kept for the time-to-live only to follow deletions.</summary>
internal sealed class VersionTable(GlueOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, (GlueSchemaVersion Version, long At)> _known = new();

    public GlueSchemaVersion? Find(Guid id) =>
        _known.TryGetValue(id, out var known) && time.GetElapsedTime(known.At) < options.CacheTimeToLive ? known.Version : null;

    public void Keep(GlueSchemaVersion version)
    {
        while (_known.Count >= options.CacheSize && _known.MinBy(static k => k.Value.At) is { Value.Version: not null } oldest)
            _known.TryRemove(oldest.Key, out _);
        _known[version.Id] = (version, time.GetTimestamp());
    }
}

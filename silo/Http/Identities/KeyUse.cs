using System.Collections.Concurrent;

namespace Orleans.Kpl.Http.Identities;

/// <summary>When a key was used last, to the second. Safe on any thread.</summary>
internal sealed class KeyUse
{
    private long _at;

    /// <summary>Null where it was not, since this process has started.</summary>
    public DateTimeOffset? Last => Volatile.Read(ref _at) is > 0 and var at ? new DateTimeOffset(at, TimeSpan.Zero) : null;

    /// <summary>Notes that the key was proved. Whoever merely names it does not use it.</summary>
    public void Note(DateTimeOffset now)
    {
        // Requests come on all processors: they seldom write what all of them read.
        if (now.UtcTicks - Volatile.Read(ref _at) >= TimeSpan.TicksPerSecond)
            Volatile.Write(ref _at, now.UtcTicks);
    }
}

/// <summary>The uses of keys of one kind, by their ids. They outlast a change of the file.</summary>
internal sealed class KeyUses
{
    private readonly ConcurrentDictionary<string, KeyUse> _all = new(StringComparer.Ordinal);

    /// <summary>Returns the uses of a key of the file.</summary>
    public KeyUse Of(string id) => _all.GetOrAdd(id, static _ => new KeyUse());
}

using System.Collections.Concurrent;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// The state of this silo's links while a stream is closed. Other silos know the frames and tenures of a stream by their numbers: one that
/// comes back begins above all former ones, or its first frames would be taken for copies of those.
/// </summary>
internal sealed class LinkMemory
{
    private readonly ConcurrentDictionary<SiloId, byte> _moved = new();
    private long _first;
    private long _tenures;

    /// <summary>The number of the first record of an outbox that begins now. One number for all streams costs nothing: gaps mean nothing.</summary>
    public long First => Interlocked.Read(ref _first);

    /// <summary>Notes that an outbox has ended, which gave its records numbers below this.</summary>
    public void Ended(long next)
    {
        long first;
        while ((first = First) < next && Interlocked.CompareExchange(ref _first, next, first) != first)
        {
            // Another outbox has ended at the same instant.
        }
    }

    /// <summary>Returns the number of the next tenure of an owner.</summary>
    public long NextTenure() => Interlocked.Increment(ref _tenures);

    /// <summary>Notes that a silo that leaves owns nothing any more. A stream that is opened later must know it too.</summary>
    public void NoteMoved(SiloId silo) => _moved[silo] = 0;

    /// <summary>Whether a silo owns nothing any more, and leaves.</summary>
    public bool HasMoved(SiloId silo) => _moved.ContainsKey(silo);

    /// <summary>Forgets a silo that is gone.</summary>
    public void Forget(SiloId silo) => _moved.TryRemove(silo, out _);
}

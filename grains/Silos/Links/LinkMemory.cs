using System.Collections.Concurrent;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// The state of this silo's links while a stream is closed. Other silos know the frames and tenures of a stream by their numbers: one that
/// comes back begins above all former ones, or its first frames would be taken for copies of those.
/// </summary>
internal sealed class LinkMemory
{
    private readonly ConcurrentDictionary<SiloId, byte> _moved = new();
    private long _records;
    private long _tenures;

    /// <summary>Takes numbers for so many records, and returns the first. One line of them for all streams costs nothing: gaps mean nothing.</summary>
    public long NextRecords(int count) => Interlocked.Add(ref _records, count) - count;

    /// <summary>Returns the number of the next tenure of an owner.</summary>
    public long NextTenure() => Interlocked.Increment(ref _tenures);

    /// <summary>Notes that a silo that leaves owns nothing any more. A stream that is opened later must know it too.</summary>
    public void NoteMoved(SiloId silo) => _moved[silo] = 0;

    /// <summary>Whether a silo owns nothing any more, and leaves.</summary>
    public bool HasMoved(SiloId silo) => _moved.ContainsKey(silo);

    /// <summary>Forgets a silo that is gone.</summary>
    public void Forget(SiloId silo) => _moved.TryRemove(silo, out _);
}

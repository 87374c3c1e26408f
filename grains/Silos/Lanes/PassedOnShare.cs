using System.Collections.Concurrent;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>
/// The memory for batches of clients that a silo passes on to others: as large a share of its limit as <see cref="LaneShare"/>, of which one other silo has
/// at most half. So a silo that does not answer takes no memory from this silo's own clients, and at most half of what clients of the other silos may use.
/// </summary>
/// <param name="memoryLimit">The most bytes that records may hold in the silo that passes on.</param>
internal sealed class PassedOnShare(long memoryLimit)
{
    private readonly LaneShare _all = new(memoryLimit);

    // Of silos that membership has listed: clients cannot make them up.
    private readonly ConcurrentDictionary<SiloId, LaneShare> _bySilo = new();

    /// <summary>The bytes of the batches that other silos have not answered.</summary>
    public long Bytes => _all.Bytes;

    /// <summary>Counts a batch in, until <see cref="Leave"/>. False where there is no room, as <see cref="LaneShare"/> has it.</summary>
    public bool TryEnter(SiloId silo, int bytes)
    {
        var there = _bySilo.GetOrAdd(silo, static (_, limit) => new LaneShare(limit / 2), memoryLimit);
        if (!there.TryEnter(bytes))
            return false;
        if (_all.TryEnter(bytes))
            return true;
        there.Leave(bytes);
        return false;
    }

    /// <summary>Counts a batch out that the silo has answered, or does not answer any more.</summary>
    public void Leave(SiloId silo, int bytes)
    {
        _all.Leave(bytes);
        _bySilo[silo].Leave(bytes);
    }
}

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>
/// The memory for batches of clients that a silo passes on to others: as large a share of its limit as <see cref="LaneShare"/>, and one silo has half of it
/// at most. One that does not answer keeps nothing from this silo's own clients, and not all from those of the other silos.
/// </summary>
/// <param name="memoryLimit">The most bytes that records may hold in the silo that passes on.</param>
internal sealed class PassedOnShare(long memoryLimit)
{
    private readonly long _most = memoryLimit / LaneShare.Divisor;
    private readonly Lock _lock = new();

    // Only silos that have something: clients name them.
    private readonly Dictionary<SiloId, long> _bySilo = [];
    private long _bytes;

    /// <summary>The bytes of the batches that other silos have not answered.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Counts a batch in, until <see cref="Leave"/>. False where there is no room; a batch that is larger than that has room alone.</summary>
    public bool TryEnter(SiloId silo, int bytes)
    {
        lock (_lock)
        {
            var there = _bySilo.GetValueOrDefault(silo);
            if (!HasRoom(there, bytes, _most / 2) || !HasRoom(_bytes, bytes, _most))
                return false;
            _bySilo[silo] = there + bytes;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>Counts a batch out that the silo has answered, or does not answer any more.</summary>
    public void Leave(SiloId silo, int bytes)
    {
        lock (_lock)
        {
            _bytes -= bytes;
            var left = _bySilo.GetValueOrDefault(silo) - bytes;
            if (left == 0)
                _bySilo.Remove(silo);
            else
                _bySilo[silo] = left;
        }
    }

    private static bool HasRoom(long held, int bytes, long most) => held == 0 || held + bytes <= most;
}

namespace Orleans.Kpl.LocalKinesis.Limits;

/// <summary>
/// The write limits of one shard. Callers hold the shard's lock. Records over 1 MiB draw on a credit of their own, which a shard
/// earns from throughput it does not use (AWS, "Handle large records": burst, then refill that depends on traffic).
/// </summary>
internal abstract class WriteLimit
{
    public const double RecordsPerSecond = 1_000;
    public const double BytesPerSecond = 1_048_576;
    public const int LargeRecord = 1_048_576;
    public const double LargeCreditCapacity = 10 * 1_048_576;

    /// <summary>Instants are computed in floating point on both sides: a rounding error must not throttle.</summary>
    protected const double Tolerance = 1e-3;

    private double _largeCredit = LargeCreditCapacity;

    /// <summary>Takes a record of <paramref name="bytes"/> (data + key) at an instant, or refuses it.</summary>
    public bool TryTake(long nowTicks, int bytes)
    {
        Advance(nowTicks);
        if (bytes <= LargeRecord) return TryTakeOrdinary(bytes);
        if (_largeCredit + Tolerance < bytes || !TryTakeOrdinary(0)) return false;
        _largeCredit -= bytes;
        return true;
    }

    protected abstract void Advance(long nowTicks);

    /// <summary>Takes one record and its bytes from the ordinary rates.</summary>
    protected abstract bool TryTakeOrdinary(int bytes);

    protected void AddUnused(double bytes) => _largeCredit = Math.Min(LargeCreditCapacity, _largeCredit + bytes);
}

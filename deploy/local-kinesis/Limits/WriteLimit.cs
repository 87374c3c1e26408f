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

/// <summary>Token bucket of records and bytes. A record larger than the bucket starts when it is full and leaves a debt.</summary>
internal sealed class BucketLimit(TimeSpan span, long nowTicks) : WriteLimit
{
    private readonly double _recordCapacity = RecordsPerSecond * span.TotalSeconds;
    private readonly double _byteCapacity = BytesPerSecond * span.TotalSeconds;
    private double _records = RecordsPerSecond * span.TotalSeconds;
    private double _bytes = BytesPerSecond * span.TotalSeconds;
    private long _at = nowTicks;

    protected override void Advance(long nowTicks)
    {
        if (nowTicks <= _at) return;
        var seconds = (nowTicks - _at) / (double)TimeSpan.TicksPerSecond;
        _at = nowTicks;
        _records = Math.Min(_recordCapacity, _records + RecordsPerSecond * seconds);
        _bytes += BytesPerSecond * seconds;
        if (_bytes <= _byteCapacity) return;
        AddUnused(_bytes - _byteCapacity);
        _bytes = _byteCapacity;
    }

    protected override bool TryTakeOrdinary(int bytes)
    {
        if (_records + Tolerance < 1 || _bytes + Tolerance < Math.Min(bytes, _byteCapacity)) return false;
        _records -= 1;
        _bytes -= bytes;
        return true;
    }
}

/// <summary>Fixed windows, aligned to the clock. What a record larger than a window takes too much is owed by the next windows.</summary>
internal sealed class WindowLimit(TimeSpan span, long nowTicks) : WriteLimit
{
    private readonly long _length = span.Ticks;
    private readonly double _recordCapacity = RecordsPerSecond * span.TotalSeconds;
    private readonly double _byteCapacity = BytesPerSecond * span.TotalSeconds;
    private long _window = nowTicks / span.Ticks;
    private double _records;
    private double _bytes;

    protected override void Advance(long nowTicks)
    {
        var passed = nowTicks / _length - _window;
        if (passed <= 0) return;
        _window += passed;
        _records = 0;
        var allowed = passed * _byteCapacity;
        AddUnused(Math.Max(0, allowed - _bytes));
        _bytes = Math.Max(0, _bytes - allowed);
    }

    protected override bool TryTakeOrdinary(int bytes)
    {
        if (_records + 1 > _recordCapacity + Tolerance) return false;
        if (_bytes + Math.Min(bytes, _byteCapacity) > _byteCapacity + Tolerance) return false;
        _records += 1;
        _bytes += bytes;
        return true;
    }
}

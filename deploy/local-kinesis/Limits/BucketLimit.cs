namespace Orleans.Kpl.LocalKinesis.Limits;

/// <summary>Token bucket of records and bytes. A record larger than the bucket starts when it is full and leaves a debt.</summary>
internal sealed class BucketLimit : WriteLimit
{
    private readonly double _recordCapacity;
    private readonly double _byteCapacity;
    private double _records;
    private double _bytes;
    private long _at;

    public BucketLimit(TimeSpan span, long nowTicks)
    {
        _records = _recordCapacity = RecordsPerSecond * span.TotalSeconds;
        _bytes = _byteCapacity = BytesPerSecond * span.TotalSeconds;
        _at = nowTicks;
    }

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

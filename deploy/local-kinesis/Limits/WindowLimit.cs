namespace Orleans.Kpl.LocalKinesis.Limits;

/// <summary>Fixed windows, aligned to the clock. What a record larger than a window takes too much is owed by the next windows.</summary>
internal sealed class WindowLimit : WriteLimit
{
    private readonly long _length;
    private readonly double _recordCapacity;
    private readonly double _byteCapacity;
    private long _window;
    private double _records;
    private double _bytes;

    public WindowLimit(TimeSpan span, long nowTicks)
    {
        _length = span.Ticks;
        _recordCapacity = RecordsPerSecond * span.TotalSeconds;
        _byteCapacity = BytesPerSecond * span.TotalSeconds;
        _window = nowTicks / _length;
    }

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

namespace Orleans.Kpl.LocalKinesis.Limits;

/// <summary>
/// The read limits of one shard, shared by all its readers: 5 GetShardIterator/s, 5 GetRecords/s and 2 MiB/s; after an answer of more
/// than 2 MiB the shard is closed to readers for as long as that answer is worth (10 MiB: 5 s). Callers hold the shard's lock.
/// </summary>
internal sealed class ReadLimit(long nowTicks)
{
    /// <summary>Of each of the two operations.</summary>
    public const int CallsPerSecond = 5;
    public const double BytesPerSecond = 2 * 1_048_576;

    private double _iterators = CallsPerSecond;
    private double _calls = CallsPerSecond;
    private double _bytes = BytesPerSecond;
    private long _at = nowTicks;

    /// <summary>Whether a GetShardIterator may be answered now; then it counts.</summary>
    public bool TryTakeIterator(long nowTicks)
    {
        Advance(nowTicks);
        return TryTake(ref _iterators);
    }

    /// <summary>Whether a GetRecords may be answered now; then it counts.</summary>
    public bool TryStart(long nowTicks)
    {
        Advance(nowTicks);
        return _bytes >= 0 && TryTake(ref _calls);
    }

    public void Charge(int bytes) => _bytes = bytes > BytesPerSecond ? -bytes : _bytes - bytes;

    private static bool TryTake(ref double calls)
    {
        if (calls + 1e-6 < 1) return false;
        calls -= 1;
        return true;
    }

    private void Advance(long nowTicks)
    {
        if (nowTicks <= _at) return;
        var seconds = (nowTicks - _at) / (double)TimeSpan.TicksPerSecond;
        _at = nowTicks;
        _iterators = Math.Min(CallsPerSecond, _iterators + CallsPerSecond * seconds);
        _calls = Math.Min(CallsPerSecond, _calls + CallsPerSecond * seconds);
        _bytes = Math.Min(BytesPerSecond, _bytes + BytesPerSecond * seconds);
    }
}

/// <summary>
/// The rate of one consumer's subscription to one shard: 2 MiB/s of its own, which it shares with no other consumer. An
/// event starts while anything is left and may leave a debt. Callers hold the shard's lock.
/// </summary>
internal sealed class SubscriptionRate(long nowTicks)
{
    public const double BytesPerSecond = 2 * 1_048_576;

    private double _bytes = BytesPerSecond;
    private long _at = nowTicks;

    /// <summary>How long until the next event with records may start; 0 is now.</summary>
    public long WaitTicks(long nowTicks)
    {
        Advance(nowTicks);
        return _bytes > 0 ? 0 : 1 + (long)Math.Ceiling(-_bytes / BytesPerSecond * TimeSpan.TicksPerSecond);
    }

    public void Charge(int bytes) => _bytes -= bytes;

    private void Advance(long nowTicks)
    {
        if (nowTicks <= _at) return;
        _bytes = Math.Min(BytesPerSecond, _bytes + BytesPerSecond * (nowTicks - _at) / TimeSpan.TicksPerSecond);
        _at = nowTicks;
    }
}

namespace Orleans.Kpl.LocalKinesis.Limits;

/// <summary>
/// What one consumer reads from one shard through its subscription: 2 MiB/s of its own, which it shares with no other consumer. An
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

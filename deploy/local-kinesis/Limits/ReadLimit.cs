namespace Orleans.Kpl.LocalKinesis.Limits;

/// <summary>
/// The read limits of one shard, shared by all its readers: 5 GetRecords/s and 2 MiB/s; after an answer of more than 2 MiB the shard
/// is closed to readers for as long as that answer is worth (10 MiB: 5 s). Callers hold the shard's lock.
/// </summary>
internal sealed class ReadLimit(long nowTicks)
{
    public const int CallsPerSecond = 5;
    public const double BytesPerSecond = 2 * 1_048_576;

    private double _calls = CallsPerSecond;
    private double _bytes = BytesPerSecond;
    private long _at = nowTicks;

    public bool TryStart(long nowTicks)
    {
        if (nowTicks > _at)
        {
            var seconds = (nowTicks - _at) / (double)TimeSpan.TicksPerSecond;
            _at = nowTicks;
            _calls = Math.Min(CallsPerSecond, _calls + CallsPerSecond * seconds);
            _bytes = Math.Min(BytesPerSecond, _bytes + BytesPerSecond * seconds);
        }
        if (_calls + 1e-6 < 1 || _bytes < 0) return false;
        _calls -= 1;
        return true;
    }

    public void Charge(int bytes) => _bytes = bytes > BytesPerSecond ? -bytes : _bytes - bytes;
}

using Orleans.Kpl.Run;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Knows whether a name still leads to a file, and so how long more of it is waited for.</summary>
internal sealed class NameWatch(FileInputSettings settings, TimeProvider time)
{
    private readonly Lock _lock = new();
    private volatile bool _mayRest;
    private volatile bool _isGone;
    private long? _missedAt;

    /// <summary>Whether it has had no name for so long that nothing more of it is read, or what was read of it was cut off.</summary>
    public bool IsGone => _isGone;

    /// <summary>Whether others wait for a turn, and this file would be found again: at its end it gives its own turn up.</summary>
    public bool MayRest
    {
        get => _mayRest;
        set => _mayRest = value;
    }

    /// <summary>Takes note that a name leads to it; false where it is gone by now.</summary>
    public bool TrySee()
    {
        lock (_lock)
        {
            if (!_isGone)
                _missedAt = null;
            return !_isGone;
        }
    }

    /// <summary>Takes note that no name leads to it.</summary>
    public void Miss()
    {
        lock (_lock)
            _missedAt ??= time.GetTimestamp();
    }

    /// <summary>Takes note that what was read of it is not there any more.</summary>
    public void CutOff() => _isGone = true;

    /// <summary>Whether nothing more of it is to be waited for; it is gone from then on.</summary>
    public bool HasBeenMissedForLong()
    {
        lock (_lock)
            return _isGone |= _missedAt is { } since && time.GetElapsedTime(since) >= settings.LeastWait;
    }
}

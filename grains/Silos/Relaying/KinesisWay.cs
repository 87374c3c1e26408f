namespace Orleans.Kpl.Silos.Relaying;

/// <summary>
/// Decides whether calls of one stream go straight to Kinesis or through other silos. After two straight calls in a row that failed on the way, calls go
/// through other silos. One call tries the straight way again after five seconds, and then after twice as long each time, up to a minute, because it may
/// hang until its time limit.
/// </summary>
internal sealed class KinesisWay(TimeProvider time)
{
    /// <summary>How long after the way broke one call goes straight again.</summary>
    public static readonly TimeSpan TryAfter = TimeSpan.FromSeconds(5);

    /// <summary>The longest time between two such calls. A way that was whole for so long begins with <see cref="TryAfter"/> again.</summary>
    public static readonly TimeSpan TryAtLatest = TimeSpan.FromMinutes(1);

    /// <summary>How long a silo is left out that does not reach Kinesis either, or has not answered twice in a row.</summary>
    public static readonly TimeSpan LeftOut = TimeSpan.FromSeconds(5);

    private const int Enough = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<SiloId, (int Failures, long At)> _relays = [];
    private int _failures;
    private DateTimeOffset? _brokenSince;
    private long? _mendedAt;
    private long _triedAt;
    private long _askedAt;
    private TimeSpan _tryAfter = TryAfter;
    private volatile bool _isTroubled;

    /// <summary>Since when calls go through other silos; null while they go straight, or where there was none for a minute.</summary>
    public DateTimeOffset? RelayedSince
    {
        get
        {
            lock (_lock)
                return _brokenSince is not null && time.GetElapsedTime(_askedAt) < TryAtLatest ? _brokenSince : null;
        }
    }

    /// <summary>Whether the last two straight calls, or more, failed on the way.</summary>
    public bool IsBroken
    {
        get
        {
            lock (_lock)
                return _brokenSince is not null;
        }
    }

    /// <summary>Whether the next call goes straight.</summary>
    public bool GoesStraight()
    {
        if (!_isTroubled)
            return true;
        lock (_lock)
        {
            _askedAt = time.GetTimestamp();
            if (_brokenSince is null)
                return true;
            if (time.GetElapsedTime(_triedAt) < _tryAfter)
                return false;
            _triedAt = _askedAt;
            _tryAfter = _tryAfter * 2 < TryAtLatest ? _tryAfter * 2 : TryAtLatest;
            return true;
        }
    }

    /// <summary>Notes a straight call that failed on the way.</summary>
    /// <returns>Whether the way is broken from now on.</returns>
    public bool Fail()
    {
        lock (_lock)
        {
            _isTroubled = true;
            if (++_failures < Enough || _brokenSince is not null)
                return false;
            if (_mendedAt is { } at && time.GetElapsedTime(at) >= TryAtLatest)
                _tryAfter = TryAfter;
            _brokenSince = time.GetUtcNow();
            _triedAt = _askedAt = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>Notes a straight call that Kinesis answered.</summary>
    /// <returns>Whether the way was broken until now.</returns>
    public bool Reach()
    {
        if (!_isTroubled)
            return false;
        lock (_lock)
        {
            _isTroubled = false;
            _failures = 0;
            if (_brokenSince is null)
                return false;
            _brokenSince = null;
            _mendedAt = time.GetTimestamp();
            _relays.Clear();
            return true;
        }
    }

    /// <summary>Whether a silo may be asked to make a call.</summary>
    public bool MayAsk(SiloId silo)
    {
        lock (_lock)
            return !_relays.TryGetValue(silo, out var relay) || relay.Failures < Enough || time.GetElapsedTime(relay.At) >= LeftOut;
    }

    /// <summary>Notes a call that a silo made.</summary>
    public void Answered(SiloId silo)
    {
        lock (_lock)
            _relays.Remove(silo);
    }

    /// <summary>Notes a call to which a silo gave no answer.</summary>
    public void NotAnswered(SiloId silo)
    {
        lock (_lock)
            _relays[silo] = (_relays.GetValueOrDefault(silo).Failures + 1, time.GetTimestamp());
    }

    /// <summary>Notes that a silo does not reach Kinesis either.</summary>
    public void NotReached(SiloId silo)
    {
        lock (_lock)
            _relays[silo] = (Enough, time.GetTimestamp());
    }
}

namespace Orleans.Kpl.Pipeline.Health;

/// <summary>
/// Decides from the outcomes of a stream's calls whether Kinesis is away. One failed call is an accident; two without a success between them, or one
/// that nothing has followed for two seconds, is a state. It ends with the next success.
/// </summary>
/// <remarks>Puts and readings of the shard map are judged apart: where puts are denied, a shard map that can be read proves nothing.</remarks>
internal sealed class StreamHealth
{
    /// <summary>How long a single failure stays an accident.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const int Enough = 2;

    private readonly Lock _lock = new();
    private Degradation? _puts;
    private Degradation? _map;
    private volatile bool _isTroubled;
    private volatile bool _wasReached;

    /// <summary>
    /// Raised when a call fails after a success, or as the first one. The event is raised on the thread of the call: a handler returns at once and never
    /// throws.
    /// </summary>
    public event Action? Troubled;

    /// <summary>Whether any call was answered by Kinesis so far, with whatever answer.</summary>
    public bool WasReached => _wasReached;

    /// <summary>Whether calls fail now, accident or state.</summary>
    public Degradation? Trouble
    {
        get
        {
            lock (_lock)
                return _puts ?? _map;
        }
    }

    /// <summary>Whether a reading of the shard map could show that it is over: then it is read where nothing else would tell.</summary>
    public bool EndsByReading
    {
        get
        {
            lock (_lock)
                return _puts is null ? _map is not null : AwayCodes.IsOfTheWay(_puts.Code);
        }
    }

    /// <summary>Notes that Kinesis took records.</summary>
    public void PutTaken()
    {
        if (_wasReached && !_isTroubled)
            return;
        _wasReached = true;
        lock (_lock)
        {
            (_puts, _map) = (null, null);
            _isTroubled = false;
        }
    }

    /// <summary>Notes that a call with records failed, or that Kinesis took none of them.</summary>
    public void PutFailed(long now, string code, string message)
    {
        if (!AwayCodes.IsAway(code))
        {
            PutTaken();
            return;
        }

        Fail(ref _puts, now, code, message);
    }

    /// <summary>Notes that Kinesis answered about the shards.</summary>
    public void MapRead()
    {
        if (_wasReached && !_isTroubled)
            return;
        _wasReached = true;
        lock (_lock)
        {
            _map = null;
            if (_puts is not null && AwayCodes.IsOfTheWay(_puts.Code))
                _puts = null;
            _isTroubled = _puts is not null;
        }
    }

    /// <summary>Notes that the shards could not be listed. Where listing them is denied, Kinesis is there.</summary>
    public void MapFailed(long now, string code, string message)
    {
        if (!AwayCodes.IsAway(code) || code == "AccessDeniedException")
        {
            MapRead();
            return;
        }

        Fail(ref _map, now, code, message);
    }

    /// <summary>Returns why Kinesis counts as away at that instant; null where it does not.</summary>
    public Degradation? Find(long now)
    {
        if (!_isTroubled)
            return null;
        lock (_lock)
            return State(_puts, now) ?? State(_map, now);
    }

    private static Degradation? State(Degradation? failures, long now) =>
        failures is not null && (failures.Failures >= Enough || now - failures.Since >= Patience.Ticks) ? failures : null;

    private void Fail(ref Degradation? failures, long now, string code, string message)
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_isTroubled;
            failures = Degradation.Then(failures, now, code, message);
            _isTroubled = true;
        }

        if (isFirst)
            Troubled?.Invoke();
    }
}

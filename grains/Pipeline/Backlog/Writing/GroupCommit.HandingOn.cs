namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>The part of a group commit that knows the state of the store, and hands on what the store does not take.</summary>
internal sealed partial class GroupCommit
{
    /// <summary>The interval of checks whether records may be handed on, while older ones wait in the store.</summary>
    private const long LookAgainAfter = TimeSpan.TicksPerSecond;

    private bool _isHandingOn;
    private StoreState _told;
    private bool _isTelling;
    private long _lookAgainAt;

    /// <summary>
    /// Gets whether records wait here that are not in the engines. A segment that was handed on does not count, though the store may still
    /// acknowledge it.
    /// </summary>
    public bool HasWaiting
    {
        get
        {
            lock (_lock)
                return _isHandingOn || _segments.Leaving.Count > 0 || _segments.FirstWaiting is not null;
        }
    }

    private bool Takes(bool goesBehind) => _state == StoreState.Good || (goesBehind && _state != StoreState.Stopped);

    /// <summary>
    /// Whether an ordered stream has in the store what it may have there: what waits is not written until segments go. Without order, records come in only
    /// while there is room, and so do those that are kept at the end.
    /// </summary>
    private bool IsHeldBack => inOrder && !_hurries && _segments.Writing.Count == 0 && _host.IsOverLimit;

    /// <summary>Whether nothing is written for now. On an ordered stream records still come in then: those that must not overtake others.</summary>
    private bool IsShut => _state is StoreState.Down or StoreState.Full || (_state == StoreState.Good && IsHeldBack);

    /// <summary>Returns when it is to be looked again; never while a thread hands on, which looks when it is through.</summary>
    private long HandOnAt() => IsShut && !_isHandingOn && _segments.FirstWaiting is { } first
        ? Math.Max(first.OpenedAt + DownAfter, _lookAgainAt)
        : long.MaxValue;

    /// <summary>
    /// Hands on the waiting segments because nothing is written at the moment, unless older records wait in the store, which they would overtake:
    /// then only those whose records have all expired. One thread at a time hands on, until nothing is left, so that the order is kept.
    /// </summary>
    private void HandOn()
    {
        while (true)
        {
            // Records that come in from here on are in others: they may have to go behind one that goes back to the store just now.
            var waiting = _host.MayRoute ? CloseWaiting() : [];
            var mayRoute = waiting.Count > 0 && _host.MayRoute;
            List<PendingSegment> next;
            lock (_lock)
            {
                if (_isHandingOn)
                    return;
                if (IsShut && mayRoute)
                    _segments.Take(waiting.Contains);
                else if (IsShut)
                    TakeExpired(clock.Now);
                if (_segments.Leaving.Count == 0)
                    return;
                next = _segments.TakeLeaving();
                _isHandingOn = true;
            }

            try
            {
                // A write may be acknowledged at this moment: NotWritten ignores segments that the host has already routed.
                _host.NotWritten(next);
            }
            finally
            {
                lock (_lock)
                {
                    _isHandingOn = false;
                    Settle(clock.Now);
                }
            }
        }
    }

    /// <summary>
    /// Takes all segments that were not handed on yet, oldest first. Those being written stay so: a store that was silent may still acknowledge them.
    /// </summary>
    private void TakeAll()
    {
        CloseOpen();
        _segments.Take(static _ => true);
    }

    /// <summary>Returns the segments that wait because nothing is written, the oldest first; none where they do not wait for that.</summary>
    private List<PendingSegment> CloseWaiting()
    {
        lock (_lock)
        {
            if (!IsShut)
                return [];
            CloseOpen();
            return [.. _segments.Writing.Values, .. _segments.Closed];
        }
    }

    /// <summary>Takes the segments of which every record has expired, and looks again later.</summary>
    private void TakeExpired(long now)
    {
        // Were it to stay open, it would grow, and never be one whose records have all expired.
        if (_segments.Open is { } open && open.OpenedAt + DownAfter <= now)
            CloseOpen();
        _segments.Take(s => s.LastExpiry <= now);
        _lookAgainAt = now + LookAgainAfter;
        Settle(now);
    }

    private void Became(StoreState state, string? error)
    {
        lock (_lock)
            Set(state, error);
        Tell();
    }

    /// <summary>Changes the state, and returns whether it changed. The change is then to be reported outside the lock.</summary>
    private bool Set(StoreState state, string? error)
    {
        if (_state == state || _state == StoreState.Stopped)
        {
            // What failed once and works again is no reason for a later silence.
            if (_state == StoreState.Good)
                Error = null;
            return false;
        }

        _state = state;
        Error = error;
        return true;
    }

    /// <summary>
    /// Tells the host the state in force, unless it knows it. One thread at a time does, until nothing is left to tell: of two that changed the state one
    /// after the other, the first could otherwise tell last.
    /// </summary>
    private void Tell()
    {
        while (true)
        {
            StoreState state;
            string? error;
            lock (_lock)
            {
                (state, error) = (_state, Error);
                if (_isTelling || _told == state)
                    return;
                (_isTelling, _told) = (true, state);
            }

            try
            {
                _host.StateChanged(state, error);
            }
            finally
            {
                lock (_lock)
                    _isTelling = false;
            }
        }
    }
}

using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes;

/// <summary>The lanes of the stream, and its sessions at the silos to which they lead.</summary>
internal sealed partial class ClientStream
{
    /// <summary>How long records of full shards wait until they go again, at first and at most.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250), LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Takes over newly opened lanes; each leads to a silo that is reachable.</summary>
    public void Deal(IReadOnlyCollection<OpenedLane> opened)
    {
        int silos;
        bool isLate;
        List<OpenedLane> unused;
        lock (_lock)
        {
            // Lanes of an ordered stream may have been requested before there was one. A second lane would let later records overtake those that the first
            // lane's silo still has.
            isLate = _stopped || _isOrdered && !_lanes.IsEmpty;
            HashSet<SiloId> known = [.. _sessions.Keys];
            unused = [.. opened.DistinctBy(static o => (o.Silo, o.Session)).Where(o => isLate || !known.Add(o.Silo))];
            if (!isLate)
                TakeOver(opened);
            silos = _lanes.Silos;
        }

        LaneDealer.Close(unused);
        if (isLate)
            return;
        _services.Log.Dealt(Stream, opened.Count, silos);
        Dispatch();
    }

    /// <summary>
    /// Returns a lane to a silo; null where none can be opened. Where none was dealt, lanes are asked for by the silo's name, beside those that were.
    /// </summary>
    public async Task<Lane?> LaneToAsync(SiloId silo)
    {
        lock (_lock)
        {
            if (_lanes.To(silo) is { } lane)
                return lane;
        }

        var (opened, _, _) = await _dealer.OpenAsync(ClientBatch.LanesPerSilo, silo).ConfigureAwait(false);
        Lane? found;
        bool isNew;
        lock (_lock)
        {
            // Others may lead there by now.
            var isMissing = !_stopped && !_lanes.IsEmpty && _lanes.To(silo) is null;
            isNew = isMissing && !_sessions.ContainsKey(silo);
            if (isMissing)
                _lanes.Add(opened.Select(o => new Lane(o.Calls, SessionAt(o), new LaneWindow(), IsPassedOn: true)));
            found = _lanes.To(silo);
        }

        if (!isNew)
            LaneDealer.Close(opened.DistinctBy(static o => o.Session));
        return found;
    }

    /// <summary>Stops handing messages to that session's silo.</summary>
    /// <param name="isDraining">Whether the outcomes of the records it still has will arrive.</param>
    public void Leave(SiloSession session, bool isDraining)
    {
        lock (_lock)
        {
            _lanes.Remove(session);
            _leaving.Remove(session);
            if (_sessions.GetValueOrDefault(session.Silo) == session)
                _sessions.Remove(session.Silo);
            _leaving.RemoveWhere(static s => s.IsResting);
            // One that is lost has what its silo has not answered yet: that ends with the stream at the latest.
            if (isDraining || !session.IsEmpty)
                _leaving.Add(session);
        }

        _aim?.Forget(session.Silo);
        Dispatch();
        if (IsActive)
            _dealer.DealSoon();
    }

    /// <summary>Notes that a session rests.</summary>
    /// <remarks>
    /// The lanes of a session that rests stay, for whatever comes next. Where all rest, they are dealt anew then, over the silos there are. Not on an
    /// ordered stream: its silo may have persisted what it was given, and another one would send what comes next before that.
    /// </remarks>
    public void Rested()
    {
        bool allRest;
        lock (_lock)
        {
            _leaving.RemoveWhere(static s => s.IsResting);
            allRest = !_isOrdered && _queue.IsEmpty && _sessions.Values.All(static s => s.IsResting);
            if (allRest)
            {
                _lanes.Clear();
                _sessions.Clear();
            }
        }

        if (allRest)
            _aim?.Clear();

        Dispatch();
    }

    /// <summary>Notes what a silo says with its answer to a message.</summary>
    /// <param name="took">How long the answer took, in ticks.</param>
    public void Heard(SiloSession session, ClientReply reply, OutgoingMessage message, long took)
    {
        // One that came back waits at the silo for its shard.
        if (message.Returns == 0)
        {
            lock (_lock)
                _wait.Answered(took);
        }

        // One message of an ordered stream is under way at a time, and holds up all others.
        if (_isOrdered && reply.Verdict == ClientVerdict.MemoryFull && message.FullShard is null)
        {
            message.FullShard = (UInt128.MinValue, UInt128.MaxValue);
            _horizon.Add(message);
        }

        _dealer.Silos(reply.Silos);
        _aim?.Heard(session.Silo, reply, message);
    }

    /// <summary>Whether single records of a message may come back: order is not kept.</summary>
    public bool TakesBack => !_isOrdered;

    /// <summary>Sends records again, after a pause, that came back because their shards were full.</summary>
    public void GivenBack(OutgoingMessage message)
    {
        var now = _services.Clock.Now;
        var pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, ShortestPause.Ticks << Math.Min(message.Returns - 1, 8)));
        _horizon.Add(message);
        lock (_lock)
        {
            _queue.AddLater(message, now + Backoff.Spread(pause, message.AcceptedAt ^ now).Ticks);
            _expiry.Expect(message.ExpiresAt);
            Count(message.Count);
        }

        Dispatch();
    }

    /// <summary>Notes how many silos there are, as one of them reports.</summary>
    public void Silos(int count) => _dealer.Silos(count);

    private void TakeOver(IReadOnlyCollection<OpenedLane> opened)
    {
        // In the order in which they were opened, one silo after the other: messages that come together go to several silos.
        var lanes = new List<Lane>(opened.Count);
        foreach (var lane in opened)
        {
            var session = SessionAt(lane);
            var number = lanes.Count(l => l.Session == session);
            if (number == session.Windows.Count)
                session.Windows.Add(new LaneWindow());
            lanes.Add(new Lane(lane.Calls, session, session.Windows[number]));
        }

        _lanes.Deal(lanes);
        // A silo that left while its session rested is told of by no call.
        foreach (var session in _sessions.Values.Where(s => s.IsResting && _lanes.To(s.Silo) is null).ToList())
            _sessions.Remove(session.Silo);
    }

    private SiloSession SessionAt(OpenedLane opened)
    {
        if (_sessions.TryGetValue(opened.Silo, out var session))
            return session;
        session = new SiloSession(this, opened.Session, opened.Silo, _services);
        _sessions.Add(opened.Silo, session);
        return session;
    }

    private SiloSession[] Sessions()
    {
        lock (_lock)
            return [.. _sessions.Values, .. _leaving];
    }
}

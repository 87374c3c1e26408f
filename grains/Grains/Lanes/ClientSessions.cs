using System.Collections.Concurrent;
using Orleans.Kpl.Lanes;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>
/// The sessions of all clients at this silo. A call for a session elsewhere is passed on to its silo while that silo lives, so that the
/// client's session survives the loss of a gateway.
/// </summary>
internal sealed class ClientSessions : IDisposable
{
    /// <summary>How long a session without calls is kept before it is forgotten. Its records continue.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);

    private readonly IPackedProducer _producer;
    private readonly IPackedProducer _callsOnly = new CallsOnlyProducer();
    private readonly ILanePeers _peers;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<(Guid Session, string Stream), ClientSession> _sessions = new();
    private readonly ITimer _sweep;

    public ClientSessions(IPackedProducer producer, ILanePeers peers, TimeProvider time)
    {
        (_producer, _peers, _time) = (producer, peers, time);
        _sweep = time.CreateTimer(static s => ((ClientSessions)s!).Sweep(), this, SweepEvery, SweepEvery);
    }

    /// <summary>Whether every known outcome has arrived at its client.</summary>
    public bool HasToldAll => _sessions.Values.All(static s => s.HasToldAll);

    public Task<LaneReply> OpenAsync(string stream, LaneRequest request)
    {
        if (_peers.IsDraining)
            return Task.FromResult(Reply(LaneVerdict.Draining));
        if (!StreamName.IsFit(stream))
            return Task.FromResult(Reply(LaneVerdict.Invalid, RecordErrorCodes.InvalidStream, $"the stream is not {StreamName.Rule}"));
        var producer = request.IsCallsOnly ? _callsOnly : _producer;
        _sessions.GetOrAdd((request.Session, stream), static (key, s) => new ClientSession(key.Stream, s.producer, s._time), (producer, _time));
        return Task.FromResult(Reply(LaneVerdict.Accepted));
    }

    public Task<LaneReply> AcceptAsync(string stream, LaneBatch batch) => IsHere(batch.Silo)
        ? AcceptHereAsync(stream, batch)
        : PassOnAsync(batch.Silo, link => link.Accept(stream, batch), Lost);

    public Task<LaneOutcomes> TakeOutcomesAsync(string stream, LaneRequest request) => IsHere(request.Silo)
        ? TakeOutcomesHereAsync(stream, request)
        : PassOnAsync(request.Silo, link => link.TakeOutcomes(stream, request),
            silo => new LaneOutcomes { Verdict = LaneVerdict.Lost, Silo = silo, Silos = _peers.Count });

    public Task<LaneReply> FlushAsync(string stream, LaneRequest request)
    {
        if (!IsHere(request.Silo))
            return PassOnAsync(request.Silo, link => link.Flush(stream, request), Lost);
        if (!_sessions.TryGetValue((request.Session, stream), out var session))
            return Task.FromResult(Reply(LaneVerdict.Forgotten));
        session.Flush(request);
        return Task.FromResult(Reply(LaneVerdict.Accepted));
    }

    public Task<LaneReply> CloseAsync(string stream, LaneRequest request)
    {
        if (!IsHere(request.Silo))
            return PassOnAsync(request.Silo, link => link.Close(stream, request), Lost);
        if (_sessions.TryRemove((request.Session, stream), out var session))
            session.Close();
        return Task.FromResult(Reply(LaneVerdict.Accepted));
    }

    public void Dispose() => _sweep.Dispose();

    private async Task<LaneReply> AcceptHereAsync(string stream, LaneBatch batch)
    {
        if (!_sessions.TryGetValue((batch.Session, stream), out var session))
            return Reply(LaneVerdict.Forgotten);
        return await session.AcceptAsync(batch, _peers.IsDraining, (verdict, code, message) => Reply(verdict, code, message)).ConfigureAwait(false)
            ?? Reply(LaneVerdict.Accepted);
    }

    private async Task<LaneOutcomes> TakeOutcomesHereAsync(string stream, LaneRequest request)
    {
        if (!_sessions.TryGetValue((request.Session, stream), out var session))
            return new LaneOutcomes { Verdict = LaneVerdict.Forgotten, Silo = _peers.Self, Silos = _peers.Count };
        var (first, messages) = await session.TakeOutcomesAsync(request).ConfigureAwait(false);
        return new LaneOutcomes
        {
            Verdict = _peers.IsDraining ? LaneVerdict.Draining : LaneVerdict.Accepted,
            Silo = _peers.Self,
            Silos = _peers.Count,
            FirstMessage = first,
            Messages = messages,
        };
    }

    /// <summary>Passes a call on to another silo, which may be lost meanwhile.</summary>
    private async Task<T> PassOnAsync<T>(SiloAddress? silo, Func<ILaneLink, Task<T>> call, Func<SiloAddress, T> lost)
    {
        if (_peers.IsLost(silo!))
            return lost(silo!);
        try
        {
            return await call(_peers.To(silo!)).ConfigureAwait(false);
        }
        catch (Exception) when (_peers.IsLost(silo!))
        {
            return lost(silo!);
        }
    }

    private bool IsHere(SiloAddress? silo) => silo is null || silo.Equals(_peers.Self);

    private LaneReply Lost(SiloAddress silo) => new() { Verdict = LaneVerdict.Lost, Silo = silo, Silos = _peers.Count };

    private LaneReply Reply(LaneVerdict verdict, string? code = null, string? message = null) =>
        new() { Verdict = verdict, Silo = _peers.Self, Silos = _peers.Count, ErrorCode = code, ErrorMessage = message };

    private void Sweep()
    {
        foreach (var (key, session) in _sessions)
        {
            if (_time.GetElapsedTime(session.TouchedAt) >= IdleLimit && _sessions.TryRemove(key, out _))
                session.Close();
        }
    }
}

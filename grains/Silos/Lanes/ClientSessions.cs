using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>
/// The sessions of all clients at this silo. A call for a session elsewhere is passed on to its silo while that silo lives, so that the client's session
/// survives the loss of a gateway. If membership does not list that silo, nothing is passed on: otherwise clients could make this one connect anywhere.
/// </summary>
internal sealed class ClientSessions : IDisposable
{
    /// <summary>How long a session without calls is kept before it is forgotten. Its records continue.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(1);

    /// <summary>The most sessions that a silo has: each costs memory, and any client can open them. Beyond them a client waits, or goes elsewhere.</summary>
    public const int MostSessions = 50_000;

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);

    private readonly IPackedProducer _producer;
    private readonly LiveSilos _silos;
    private readonly SiloState _state;
    private readonly Func<SiloId, string, ILaneCalls> _others;
    private readonly TimeProvider _time;
    private readonly int _most;
    private readonly LaneShare _share;
    private readonly KeptForClients _kept;
    private readonly PassedOnShare _passedOn;
    private readonly Func<string, (long Version, byte[] Ranges)> _ranges;
    // The sessions with a batch since the sweep before, or a first one: those that are opened and not used hold nothing.
    private int _busy;
    private volatile int _maxInFlight = LaneShare.Most;
    private readonly ConcurrentDictionary<SessionKey, ClientSession> _sessions = new();
    // The dictionary would take all its locks to count itself, and each batch may ask while much is kept for clients.
    private int _count;
    private readonly ITimer _sweep;
    private long _sweptAt;

    /// <param name="producer">Accepts the records.</param>
    /// <param name="state">Says whether this silo leaves.</param>
    /// <param name="others">The calls for a stream at another silo.</param>
    /// <param name="most">The most sessions.</param>
    /// <param name="memoryLimit">The most bytes that records may hold in the silo.</param>
    /// <param name="ranges">What this silo serves of each stream; null where clients are not told.</param>
    /// <param name="mostKept">The most bytes that are kept for all clients until they acknowledge it.</param>
    public ClientSessions(
        IPackedProducer producer, LiveSilos silos, SiloState state, Func<SiloId, string, ILaneCalls> others, TimeProvider time, int most = MostSessions,
        long memoryLimit = 256 << 20, Func<string, (long Version, byte[] Ranges)>? ranges = null, long mostKept = KeptForClients.Most)
    {
        _kept = new KeptForClients(() => Volatile.Read(ref _count), mostKept);
        _ranges = ranges ?? (static _ => (0, []));
        (_share, _passedOn) = (new LaneShare(memoryLimit), new PassedOnShare(memoryLimit));
        (_producer, _silos, _state, _others, _time, _most) = (producer, silos, state, others, time, most);
        _sweptAt = time.GetTimestamp();
        _sweep = time.CreateTimer(static s => ((ClientSessions)s!).Sweep(), this, SweepEvery, SweepEvery);
    }

    /// <summary>The bytes of batches that have come and are neither accepted nor refused, here or where they were passed on to.</summary>
    public long WaitingBytes => _share.Bytes + _passedOn.Bytes;

    /// <summary>Whether every known outcome has arrived at its client.</summary>
    public bool HasToldAll => _sessions.Values.All(static s => s.HasToldAll);

    public Task<ClientReply> OpenAsync(string stream, ClientRequest request)
    {
        if (!IsHere(request.Silo))
            return PassOnAsync(request.Silo, stream, calls => calls.OpenAsync(request), Lost);
        if (_state.IsDraining)
            return Task.FromResult(Reply(ClientVerdict.Draining));
        if (!StreamName.IsFit(stream))
            return Task.FromResult(Reply(ClientVerdict.Invalid, RecordErrorCodes.InvalidStream, $"the stream is not {StreamName.Rule}"));
        var key = new SessionKey(request.Session, stream);
        var (version, ranges) = _ranges(stream);
        var accepted = Reply(ClientVerdict.Accepted) with { RangesVersion = version };
        if (_sessions.ContainsKey(key))
            return Task.FromResult(version == 0 ? accepted : accepted with { Ranges = ranges, AllSilos = [.. _silos.Owners] });
        // The session was opened before and is forgotten. A new one of the same id would take its batches a second time.
        if (request.EndedBefore > 0)
            return Task.FromResult(Reply(ClientVerdict.Forgotten));
        // Some too many at once do no harm.
        if (Volatile.Read(ref _count) >= _most)
            return Task.FromResult(Reply(ClientVerdict.MemoryFull));
        if (_sessions.TryAdd(key, new ClientSession(stream, _producer, _time, _kept, () => _state.IsDraining, Reply)))
            Interlocked.Increment(ref _count);
        return Task.FromResult(accepted);
    }

    /// <remarks>
    /// Of what has come and is not accepted yet, this silo holds a share of its memory limit at most, and another one of what it passes on. A batch is counted
    /// before it waits for a thread: while all processors are busy, that is where batches gather, and the silo's answers to probes wait behind them.
    /// </remarks>
    public async Task<ClientReply> AcceptAsync(string stream, ClientBatch batch)
    {
        var reply = await (IsHere(batch.Silo) ? AcceptHereAsync(stream, batch) : PassOnAsync(stream, batch)).ConfigureAwait(false);
        // What was accepted of it is in aggregates, frames or segments. The call to a silo that was lost meanwhile may still be under way with it.
        if (reply.Verdict != ClientVerdict.Lost)
            batch.ReturnRecords();
        return reply;
    }

    public async Task<ClientOutcomes> TakeOutcomesAsync(string stream, ClientRequest request)
    {
        if (!IsHere(request.Silo))
            return await PassOnAsync(request.Silo, stream, calls => calls.TakeOutcomesAsync(request), silo => Outcomes(ClientVerdict.Lost, silo))
                .ConfigureAwait(false);
        if (!_sessions.TryGetValue(new SessionKey(request.Session, stream), out var session))
            return Outcomes(ClientVerdict.Forgotten, _silos.Self);
        var (first, messages) = await session.TakeOutcomesAsync(request).ConfigureAwait(false);
        return Outcomes(_state.IsDraining ? ClientVerdict.Draining : ClientVerdict.Accepted, _silos.Self, first, messages);
    }

    public Task<ClientReply> FlushAsync(string stream, ClientRequest request)
    {
        if (!IsHere(request.Silo))
            return PassOnAsync(request.Silo, stream, calls => calls.FlushAsync(request), Lost);
        if (!_sessions.TryGetValue(new SessionKey(request.Session, stream), out var session))
            return Task.FromResult(Reply(ClientVerdict.Forgotten));
        session.Flush(request);
        return Task.FromResult(Reply(ClientVerdict.Accepted));
    }

    public Task<ClientReply> CloseAsync(string stream, ClientRequest request)
    {
        if (!IsHere(request.Silo))
            return PassOnAsync(request.Silo, stream, calls => calls.CloseAsync(request), Lost);
        var key = new SessionKey(request.Session, stream);
        if (_sessions.TryGetValue(key, out var session) && TryRemove(key, session))
            session.TryClose(idle: TimeSpan.Zero);
        return Task.FromResult(Reply(ClientVerdict.Accepted));
    }

    /// <summary>Forgets the sessions that no call has come for in so long. Their records go on.</summary>
    public void Forget(TimeSpan idle)
    {
        foreach (var (key, session) in _sessions)
        {
            if (session.TryClose(idle))
                TryRemove(key, session);
        }
    }

    public void Dispose() => _sweep.Dispose();

    private async Task<ClientReply> AcceptHereAsync(string stream, ClientBatch batch)
    {
        if (!_sessions.TryGetValue(new SessionKey(batch.Session, stream), out var session))
            return Reply(ClientVerdict.Forgotten);
        if (session.NoteBatch())
            _maxInFlight = _share.Of(Interlocked.Increment(ref _busy));
        if (!_share.TryEnter(batch.Records.Length))
            return Full();
        try
        {
            var (refusal, elsewhere) = await Task.Run(() => session.AcceptAsync(batch)).ConfigureAwait(false);
            return (refusal ?? Reply(ClientVerdict.Accepted)) with
            {
                MaxInFlight = _maxInFlight,
                RangesVersion = _ranges(stream).Version,
                Elsewhere = elsewhere,
            };
        }
        finally
        {
            _share.Leave(batch.Records.Length);
        }
    }

    private async Task<ClientReply> PassOnAsync(string stream, ClientBatch batch)
    {
        var silo = batch.Silo;
        // A silo that is lost while it is called may have taken the batch; one that was lost before has not.
        if (_silos.IsLost(silo))
            return new ClientReply(ClientVerdict.NotGiven, silo, _silos.Owners.Count);
        if (!_silos.IsListed(silo) || !_passedOn.TryEnter(silo, batch.Records.Length))
            return Full();
        try
        {
            return await PassOnAsync(silo, stream, calls => calls.AcceptAsync(batch), Lost).ConfigureAwait(false);
        }
        finally
        {
            _passedOn.Leave(silo, batch.Records.Length);
        }
    }

    /// <summary>Passes a call on to another silo, which may be lost meanwhile.</summary>
    private async Task<T> PassOnAsync<T>(SiloId silo, string stream, Func<ILaneCalls, Task<T>> call, Func<SiloId, T> lost)
    {
        if (_silos.IsLost(silo))
            return lost(silo);
        if (!_silos.IsListed(silo))
            throw new InvalidOperationException($"silo {_silos.Self} does not know of a silo {silo} yet, or there is none; ask again");
        try
        {
            return await call(_others(silo, stream)).ConfigureAwait(false);
        }
        catch (Exception) when (_silos.IsLost(silo))
        {
            return lost(silo);
        }
    }

    /// <summary>Removes that session, and not one that was opened under its name meanwhile.</summary>
    private bool TryRemove(SessionKey key, ClientSession session)
    {
        if (!_sessions.TryRemove(KeyValuePair.Create(key, session)))
            return false;
        Interlocked.Decrement(ref _count);
        return true;
    }

    private bool IsHere([NotNullWhen(false)] SiloId? silo) => silo is null || silo.Equals(_silos.Self);

    private ClientReply Lost(SiloId silo) => new(ClientVerdict.Lost, silo, _silos.Owners.Count);

    private ClientReply Full() => Reply(ClientVerdict.MemoryFull) with { MaxInFlight = _maxInFlight };

    private ClientReply Reply(ClientVerdict verdict, string? code = null, string? message = null) =>
        new(verdict, _silos.Self, _silos.Owners.Count, code, message);

    private ClientOutcomes Outcomes(ClientVerdict verdict, SiloId silo, long first = 0, byte[][]? messages = null) =>
        new(verdict, silo, _silos.Owners.Count, first, messages ?? []);

    private void Sweep()
    {
        var busy = _sessions.Count(static s => s.Value.HadBatches());
        // After a pause of this process the calls of clients are still on their way: they come before the next sweep.
        if (_time.GetElapsedTime(_sweptAt) < 2 * SweepEvery)
            Forget(IdleLimit);
        _sweptAt = _time.GetTimestamp();
        Interlocked.Exchange(ref _busy, busy);
        _maxInFlight = _share.Of(busy);
    }

    private readonly record struct SessionKey(Guid Session, string Stream)
    {
        public override int GetHashCode() => Session.GetHashCode() * 31 + StableTextHash.Of(Stream);
    }
}

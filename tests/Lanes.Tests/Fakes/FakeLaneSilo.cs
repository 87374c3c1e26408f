using System.Collections.Concurrent;
using System.Net;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Deaggregation.Hashing;
using Orleans.Kpl.Pipeline.Horizons.Waiting;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Whole;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Lanes.Tests.Fakes;

/// <summary>A silo's sessions as they are, over a producer that keeps what it takes and ends it when it is told to.</summary>
internal sealed class FakeLaneSilo : IPackedProducer, ISiloMembership, IDisposable
{
    private readonly FakeCluster _cluster;
    private readonly Lock _lock = new();
    private readonly List<(IBatchOutcomes Batch, int Index)> _open = [];
    private readonly ConcurrentQueue<string> _keys = [];
    private readonly List<SiloId> _alone = [];
    private readonly ConcurrentQueue<(string Stream, Guid Session)> _opened = [];
    private readonly LiveSilos _live;
    private readonly SiloState _state;
    private readonly ServedRanges _ranges;
    private Action<SiloId, SiloStanding>? _changed;
    private int _ended;
    private int _strays;
    private int _flushes;

    public FakeLaneSilo(FakeCluster cluster, SiloId address)
    {
        (_cluster, Self) = (cluster, address);
        var time = cluster.SiloTime ?? cluster.Time;
        (_live, _state) = (new LiveSilos(this, time), new SiloState(time));
        _ranges = new ServedRanges(s => cluster.Map is { } map && !KeepsRanges ? (s, map) : null, Hosted);
        Sessions = NewSessions(time);
        _live.Start();
    }

    /// <summary>The shards of <see cref="FakeCluster.Map"/> that it serves.</summary>
    public HostedShards Hosted { get; } = new();

    /// <summary>It does not tell what it serves, as an older silo.</summary>
    public bool KeepsRanges { get; set; }

    /// <summary>How many records it took that another silo serves.</summary>
    public int Strays => Volatile.Read(ref _strays);

    public ClientSessions Sessions { get; }

    public SiloId Self { get; }

    /// <summary>It has as many sessions as it may.</summary>
    public bool HasNoRoom { get; set; }

    /// <summary>Records end as soon as they are taken.</summary>
    public bool EndsAtOnce { get; set; } = true;

    /// <summary>A flush ends what is open, as a silo's does.</summary>
    public bool EndsAtFlush { get; set; } = true;

    /// <summary>How often it was told of a flush.</summary>
    public int Flushes => Volatile.Read(ref _flushes);

    /// <summary>Says which records are of a full shard, by their keys; null for none.</summary>
    public Predicate<string>? IsFull { get; set; }

    /// <summary>That shard, as the silo tells it; null where it does not.</summary>
    public (UInt128 First, UInt128 Last)? FullShard { get; set; }

    /// <summary>It answers nobody, and nobody knows yet whether it is lost.</summary>
    public bool IsUnreachable { get; set; }

    /// <summary>How many batches find no room.</summary>
    public int BatchesWithoutRoom { get; set; }

    public bool IsDead => Standing == SiloStanding.Dead;

    public bool IsDraining => _state.IsDraining;

    public SiloStanding Standing { get; private set; } = SiloStanding.Active;

    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos =>
    [
        .. _cluster.Silos.Select(static s => KeyValuePair.Create(s.Self, s.Standing)),
        .. _alone.Select(static s => KeyValuePair.Create(s, SiloStanding.Active)),
    ];

    /// <summary>The keys of what was taken, in order.</summary>
    public IReadOnlyList<string> Keys => [.. _keys];

    /// <summary>How often a session was opened.</summary>
    public int Openings => _opened.Count;

    /// <summary>How many of those it still has.</summary>
    public async Task<int> CountSessionsAsync()
    {
        var asked = _opened.Distinct().Select(o => Sessions.OpenAsync(o.Stream, new ClientRequest { Session = o.Session, EndedBefore = 1 }));
        return (await Task.WhenAll(asked)).Count(static r => r.Verdict == ClientVerdict.Accepted);
    }

    /// <summary>Opens a session.</summary>
    public Task<ClientReply> OpenAsync(string stream, ClientRequest request)
    {
        if (HasNoRoom)
            return Task.FromResult(new ClientReply(ClientVerdict.MemoryFull, Self, 1));
        _opened.Enqueue((stream, request.Session));
        return Sessions.OpenAsync(stream, request);
    }

    /// <summary>Forgets every session that was opened until now.</summary>
    public async Task ForgetAllAsync()
    {
        foreach (var (stream, session) in _opened)
            await Sessions.CloseAsync(stream, new ClientRequest { Session = session });
    }

    /// <summary>Sessions of their own at this silo.</summary>
    public ClientSessions NewSessions(TimeProvider time, int most = ClientSessions.MostSessions, long memoryLimit = 256 << 20) => new(
        this, _live, _state, (to, stream) => new PassedOn(_cluster.Silos.Single(s => s.Self.Equals(to)), stream), time, most, memoryLimit, _ranges.Of);

    /// <summary>It knows of a silo more than the others: it has read the table of members before them, say.</summary>
    public void KnowOneMore()
    {
        _alone.Add(new SiloId(IPAddress.Loopback, 12_000 + _alone.Count, 1));
        Hear(this);
    }

    /// <summary>It is lost.</summary>
    public void Die() => Stand(SiloStanding.Dead);

    /// <summary>It begins to leave.</summary>
    public void Drain()
    {
        _state.Drain();
        Stand(SiloStanding.Stopping);
    }

    public SiloStanding StandingOf(SiloId silo) => _cluster.Silos.FirstOrDefault(s => s.Self.Equals(silo))?.Standing ?? SiloStanding.None;

    public void Subscribe(Action<SiloId, SiloStanding> changed) => _changed = changed;

    /// <summary>Notes what has become of a silo.</summary>
    public void Hear(FakeLaneSilo silo) => _changed?.Invoke(silo.Self, silo.Standing);

    public async ValueTask EnqueueAsync(string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options,
        CancellationToken cancellationToken = default)
    {
        if (BatchesWithoutRoom > 0)
        {
            BatchesWithoutRoom--;
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        if (_cluster.Map is { } map)
            NoteStrays(records, map, (SessionBatch)batch);
        List<(IBatchOutcomes Batch, int Index, string Key)> taken = [];
        var index = 0;
        foreach (var record in records)
            taken.Add((batch, index++, System.Text.Encoding.UTF8.GetString(record.Key)));
        if (IsFull is { } isFull && taken.Exists(t => isFull(t.Key)))
        {
            if (!batch.TakesBack)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            foreach (var full in taken.Where(t => isFull(t.Key)))
                batch.End(full.Index, RecordResult.NotDelivered(
                    RecordStatus.Failed, RecordErrorCodes.Canceled, FullShard is { } shard ? ShardRefusal.By(shard).Message : null, null));
            taken.RemoveAll(t => isFull(t.Key));
        }

        // First: before it, a batch is told of its records by one thread alone, and here any thread may end them.
        batch.AllHandedOver();
        lock (_lock)
        {
            foreach (var one in taken)
            {
                _keys.Enqueue(one.Key);
                _open.Add((one.Batch, one.Index));
            }
        }

        if (EndsAtOnce)
            EndAll();
    }

    private void NoteStrays(PackedRecords records, ShardMap map, SessionBatch batch)
    {
        var strays = 0;
        foreach (var record in records)
        {
            if (!Hosted.Contains(new ShardKey(Numbered.Stream, map[map.Find(RoutingHash.Of(record.Key))].ShardId)))
                strays++;
        }

        batch.SentElsewhere(strays);
        Interlocked.Add(ref _strays, strays);
    }

    /// <summary>Delivers what is open.</summary>
    public void EndAll()
    {
        List<(IBatchOutcomes Batch, int Index)> open;
        lock (_lock)
        {
            open = [.. _open];
            _open.Clear();
        }

        foreach (var (batch, index) in open)
            batch.End(index, RecordResult.Delivered("shardId-000000000000", $"{Interlocked.Increment(ref _ended)}", 0, []));
    }

    /// <summary>Delivers the first of what is open.</summary>
    public void EndNext()
    {
        (IBatchOutcomes Batch, int Index) next;
        lock (_lock)
        {
            next = _open[0];
            _open.RemoveAt(0);
        }

        next.Batch.End(next.Index, RecordResult.Delivered("shardId-000000000000", $"{Interlocked.Increment(ref _ended)}", 0, []));
    }

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        if (EndsAtFlush)
            EndAll();
        Interlocked.Increment(ref _flushes);
        return Task.CompletedTask;
    }

    public void Dispose() => Sessions.Dispose();

    /// <summary>A dead silo answers nothing, not even what it was asked before.</summary>
    public async Task<T> AliveAsync<T>(Func<Task<T>> call)
    {
        if (IsDead || IsUnreachable)
            throw new TimeoutException("the silo is dead, or cannot be reached");
        var answer = await Task.Run(call);
        return IsDead ? throw new TimeoutException("the silo died") : answer;
    }

    private void Stand(SiloStanding standing)
    {
        Standing = standing;
        foreach (var silo in _cluster.Silos)
            silo.Hear(this);
    }

    /// <summary>The calls that another silo passes on to this one.</summary>
    private sealed class PassedOn(FakeLaneSilo to, string stream) : ILaneCalls
    {
        public Task<ClientReply> OpenAsync(ClientRequest request) => to.AliveAsync(() => to.OpenAsync(stream, request));

        public Task<ClientReply> AcceptAsync(ClientBatch batch) => to.AliveAsync(() => to.Sessions.AcceptAsync(stream, batch));

        public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) => to.AliveAsync(() => to.Sessions.TakeOutcomesAsync(stream, request));

        public Task<ClientReply> FlushAsync(ClientRequest request) => to.AliveAsync(() => to.Sessions.FlushAsync(stream, request));

        public Task<ClientReply> CloseAsync(ClientRequest request) => to.AliveAsync(() => to.Sessions.CloseAsync(stream, request));
    }
}

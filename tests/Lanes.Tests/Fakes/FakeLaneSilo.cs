using Orleans.Kpl.Packed;
using Orleans.Kpl.Deaggregation.Hashing;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Lanes.Tests.Fakes;

/// <summary>A silo's sessions as they are, over a producer that keeps what it takes and ends it when it is told to.</summary>
internal sealed class FakeLaneSilo : IPackedProducer, ILanePeers, IClientCalls, IDisposable
{
    private readonly FakeCluster _cluster;
    private readonly Lock _lock = new();
    private readonly List<(IBatchOutcomes Batch, int Index)> _open = [];
    private readonly List<string> _keys = [];
    private readonly List<(string Stream, Guid Session)> _opened = [];
    private int _ended;
    private int _strays;

    public FakeLaneSilo(FakeCluster cluster, SiloId address)
    {
        (_cluster, Self) = (cluster, address);
        Sessions = new ClientSessions(
            this, this, cluster.SiloTime ?? cluster.Time, ranges: new ServedRanges(s => cluster.Map is { } map && !KeepsRanges ? (s, map) : null, Hosted).Of);
    }

    /// <summary>The shards of <see cref="FakeCluster.Map"/> that it serves.</summary>
    public HostedShards Hosted { get; } = new();

    /// <summary>It does not tell what it serves, as an older silo.</summary>
    public bool KeepsRanges { get; set; }

    /// <summary>How many records it took that another silo serves.</summary>
    public int Strays
    {
        get
        {
            lock (_lock)
                return _strays;
        }
    }

    public ClientSessions Sessions { get; }

    public SiloId Self { get; }

    /// <summary>Records end as soon as they are taken.</summary>
    public bool EndsAtOnce { get; set; } = true;

    /// <summary>A flush ends what is open, as a silo's does.</summary>
    public bool EndsAtFlush { get; set; } = true;

    /// <summary>How many batches find no room.</summary>
    public int BatchesWithoutRoom { get; set; }

    public bool IsDead { get; set; }

    public bool IsDraining { get; set; }

    public IReadOnlyList<SiloId> Silos => [.. _cluster.Silos.Where(static s => !s.IsDead && !s.IsDraining).Select(static s => s.Self)];

    /// <summary>The keys of what was taken, in order.</summary>
    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_lock)
                return [.. _keys];
        }
    }

    /// <summary>How often a session was opened.</summary>
    public int Openings
    {
        get
        {
            lock (_lock)
                return _opened.Count;
        }
    }

    /// <summary>Opens a session.</summary>
    public Task<ClientReply> OpenAsync(string stream, ClientRequest request)
    {
        lock (_lock)
            _opened.Add((stream, request.Session));
        return Sessions.OpenAsync(stream, request);
    }

    /// <summary>Forgets every session that was opened until now.</summary>
    public async Task ForgetAllAsync()
    {
        List<(string Stream, Guid Session)> opened;
        lock (_lock)
            opened = [.. _opened];
        foreach (var (stream, session) in opened)
            await Sessions.CloseAsync(stream, new ClientRequest { Session = session });
    }

    public bool IsLost(SiloId silo) => _cluster.Silos.All(s => !s.Self.Equals(silo) || s.IsDead);

    public IClientCalls To(SiloId silo) => _cluster.Silos.Single(s => s.Self.Equals(silo));

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
        // First: before it, a batch is told of its records by one thread alone, and here any thread may end them.
        batch.AllHandedOver();
        lock (_lock)
        {
            var index = 0;
            foreach (var record in records)
            {
                _keys.Add(System.Text.Encoding.UTF8.GetString(record.Key));
                _open.Add((batch, index++));
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
        lock (_lock)
            _strays += strays;
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

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        if (EndsAtFlush)
            EndAll();
        return Task.CompletedTask;
    }

    Task<ClientReply> IClientCalls.OpenAsync(string stream, ClientRequest request) => AliveAsync(() => OpenAsync(stream, request));

    public Task<ClientReply> AcceptAsync(string stream, ClientBatch batch) => AliveAsync(() => Sessions.AcceptAsync(stream, batch));

    public Task<ClientOutcomes> TakeOutcomesAsync(string stream, ClientRequest request) => AliveAsync(() => Sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> FlushAsync(string stream, ClientRequest request) => AliveAsync(() => Sessions.FlushAsync(stream, request));

    public Task<ClientReply> CloseAsync(string stream, ClientRequest request) => AliveAsync(() => Sessions.CloseAsync(stream, request));

    public void Dispose() => Sessions.Dispose();

    /// <summary>A dead silo answers nothing, not even what it was asked before.</summary>
    public async Task<T> AliveAsync<T>(Func<Task<T>> call)
    {
        if (IsDead)
            throw new TimeoutException("the silo is dead");
        var answer = await Task.Run(call);
        return IsDead ? throw new TimeoutException("the silo died") : answer;
    }
}

using System.Buffers.Binary;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>
/// The silos as one client process reaches them: a list of gateways that is read now and then, and connections that break some time after
/// their silo is gone.
/// </summary>
internal sealed class ClientGateways : ILanes
{
    private static readonly TimeSpan Refreshes = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Watches = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly World _world;
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedProcess _process;
    private readonly int _index;
    private readonly HashSet<(Guid Session, long FirstRecord)> _sent = [];
    private IReadOnlyList<SiloLife> _known = [];
    private CancellationTokenSource _lost = new();
    private int _last;

    /// <param name="world">Where it lives.</param>
    /// <param name="cluster">The silos.</param>
    /// <param name="index">Where the client stands on the network.</param>
    /// <param name="process">The client.</param>
    public ClientGateways(World world, SimulatedCluster cluster, int index, SimulatedProcess process)
    {
        (_world, _cluster, _index, _process) = (world, cluster, index, process);
        Refresh();
        world.After(Watches, Watch, process);
    }

    /// <summary>How often a silo tells ranges that were drawn instead of those that it serves.</summary>
    public double RangesWrong { get; init; }

    public CancellationToken GatewayLost => _lost.Token;

    public ILaneCalls Fresh(string stream) => new LaneOver(this, stream);

    /// <summary>Returns a gateway for a lane: the one that it had, while that is known; null while none is.</summary>
    public SiloLife? GatewayFor(SiloLife? former)
    {
        if (former is not null && _known.Contains(former))
            return former;
        return _known.Count == 0 ? null : _known[_last++ % _known.Count];
    }

    /// <summary>Calls a gateway, which answers or passes the call on.</summary>
    public Task<T> CallAsync<T>(SiloLife gateway, TraceText what, Func<SiloLife, Task<T>> call) => _cluster.Wires.CallAsync(
        _index, _process, gateway.Host, gateway.Process, Timeout, what,
        () => gateway.HasEnded ? throw new IOException("simulated: the silo has stopped") : call(gateway));

    /// <summary>Planted: a batch that is sent again gets another number.</summary>
    public ClientBatch Renumber(ClientBatch batch) =>
        _sent.Add((batch.Session, batch.FirstRecord)) || !_cluster.SendsAgainAsNew ? batch : batch with { FirstRecord = batch.FirstRecord + (1L << 40) };

    /// <summary>What a silo tells of its ranges, as it arrives here.</summary>
    public ClientReply Garble(ClientReply reply)
    {
        if (reply.Ranges is null || RangesWrong == 0 || !_world.Happens(RangesWrong))
            return reply;
        var count = _world.Dice.Next(1, 5);
        UInt128[] keys = [.. Enumerable.Range(0, 2 * count).Select(_ => new UInt128((ulong)_world.Dice.NextInt64(long.MaxValue) << 1, 0)).Order()];
        return reply with { Ranges = PackedRanges.Pack(Enumerable.Range(0, count).Select(i => (keys[2 * i], keys[2 * i + 1]))) };
    }

    /// <summary>Learns where batches go.</summary>
    public Fronts Fronts => _cluster.Fronts;

    private void Refresh()
    {
        _world.After(_cluster.Wires.Weather.Draw(_world) * 10, Read, _process);
        _world.After(Refreshes, Refresh, _process);
    }

    private void Read()
    {
        if (_cluster.GatewaysAsListed(_world.Dice) is { } listed)
            Learn(listed);
    }

    private void Watch()
    {
        Learn([.. _known.Where(l => l.IsThere || _world.Happens(0.5))]);
        _world.After(Watches, Watch, _process);
    }

    private void Learn(IReadOnlyList<SiloLife> gateways)
    {
        var hasLost = _known.Any(l => !gateways.Contains(l));
        if (_world.IsTracing && (hasLost || gateways.Count != _known.Count))
            _world.Say(_process.Name, $"gateways: {string.Join(' ', gateways.Select(static l => l.Process.Name))}");
        _known = gateways;
        if (!hasLost)
            return;
        var former = _lost;
        _lost = new CancellationTokenSource();
        former.Cancel();
    }
}

/// <summary>One lane of a client: its calls go over one gateway for as long as the client knows that.</summary>
internal sealed class LaneOver(ClientGateways gateways, string stream) : ILaneCalls
{
    private SiloLife? _gateway;

    public async Task<ClientReply> OpenAsync(ClientRequest request) => gateways.Garble(
        await CallAsync($"open {request.Session}", l => l.Node.Sessions.OpenAsync(stream, request)).ConfigureAwait(false));

    public async Task<ClientReply> AcceptAsync(ClientBatch batch)
    {
        var sent = gateways.Renumber(batch);
        gateways.Fronts.Note(batch);
        var reply = await CallAsync($"accept from {sent.FirstRecord} on, for {sent.Silo}", l => l.AcceptAsync(stream, sent)).ConfigureAwait(false);
        gateways.Fronts.NoteAnswer(batch, isFull: reply.Verdict == ClientVerdict.MemoryFull);
        return reply;
    }

    public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) =>
        CallAsync($"take outcomes after {request.AcknowledgedUpTo}, of {request.Silo}", l => l.Node.Sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> FlushAsync(ClientRequest request) => CallAsync($"flush at {request.Silo}", l => l.Node.Sessions.FlushAsync(stream, request));

    public Task<ClientReply> CloseAsync(ClientRequest request) => CallAsync($"close at {request.Silo}", l => l.Node.Sessions.CloseAsync(stream, request));

    private Task<T> CallAsync<T>(TraceText what, Func<SiloLife, Task<T>> call) => (_gateway = gateways.GatewayFor(_gateway)) is { } gateway
        ? gateways.CallAsync(gateway, what, call)
        : Task.FromException<T>(new IOException("simulated: there is no gateway"));
}

/// <summary>
/// Which silo each record of a client was given to, the last one where there were several, and whether there was memory for it, there and at its owner.
/// </summary>
internal sealed class Fronts
{
    private readonly Dictionary<long, SiloId> _silos = [];
    private readonly HashSet<long> _refused = [];
    private readonly HashSet<long> _notTaken = [];

    /// <summary>Notes a batch that is sent.</summary>
    public void Note(ClientBatch batch)
    {
        foreach (var number in NumbersIn(batch.Records))
            _silos[number] = batch.Silo;
    }

    /// <summary>Notes what a client is told of a batch.</summary>
    /// <param name="isFull">Whether the silo has no memory for it.</param>
    public void NoteAnswer(ClientBatch batch, bool isFull)
    {
        foreach (var number in NumbersIn(batch.Records))
        {
            if (isFull)
                _refused.Add(number);
            else
                _refused.Remove(number);
        }
    }

    /// <summary>Notes a frame that its owner does not take.</summary>
    public void NoteNotTaken(RecordsFrame frame) => _notTaken.UnionWith(NumbersIn(frame.Records));

    /// <summary>The silo that a client gave a record to; null where no client did.</summary>
    public SiloId? Of(long number) => _silos.GetValueOrDefault(number);

    /// <summary>Whether the last that a client was told of a record is that its silo has no memory for it.</summary>
    public bool HadNoMemory(long number) => _refused.Contains(number);

    /// <summary>Whether an owner once did not take a frame with this record. It may have taken the frame's repetition.</summary>
    public bool WasNotTaken(long number) => _notTaken.Contains(number);

    private static List<long> NumbersIn(ReadOnlyMemory<byte> records)
    {
        List<long> numbers = [];
        foreach (var record in PackedRecords.Parse(records))
            numbers.Add(BinaryPrimitives.ReadInt64BigEndian(record.Data.Span));
        return numbers;
    }
}

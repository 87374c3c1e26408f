using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Tests.Lanes;

/// <summary>Sessions that are opened by the silo's name, or once more to hear what the silo serves.</summary>
/// <remarks>Tests <see cref="ClientSessions"/>.</remarks>
public sealed class ReopenedSessionTests : IDisposable
{
    private static readonly SiloId Near = SiloId.Parse("10.0.0.1:11111@1");
    private static readonly SiloId Far = SiloId.Parse("10.0.0.2:11111@1");
    private static readonly ClientRequest First = new() { Session = Guid.NewGuid() };

    private readonly HostedShards _hosted = new();
    private readonly ClientSessions _far;
    private readonly Peers _peers;
    private readonly ClientSessions _near;

    public ReopenedSessionTests()
    {
        _hosted.Add(new ShardKey("events", "a"), null!, Task.CompletedTask);
        var map = ShardMaps.Of(1, default, [new ShardRange("a", 0, UInt128.MaxValue)]);
        var time = new FakeTimeProvider();
        _far = new ClientSessions(new ForwardingProducer(), new Peers(Far), time, ranges: new ServedRanges(s => (s, map), _hosted).Of);
        _peers = new Peers(Near) { Other = new Calls(_far) };
        _near = new ClientSessions(new ForwardingProducer(), _peers, time);
    }

    [Fact]
    public async Task Opening_ThatNamesAnotherSilo_IsPassedOn()
    {
        var reply = await _near.OpenAsync("events", First with { Silo = Far });

        Assert.Equal((ClientVerdict.Accepted, Far), (reply.Verdict, reply.Silo));
        Assert.NotEqual(0, reply.RangesVersion);
        Assert.Null(reply.Ranges);
    }

    [Fact]
    public async Task Opening_ThatNamesALostSilo_IsNotAccepted()
    {
        _peers.IsOtherLost = true;

        Assert.Equal(ClientVerdict.Lost, (await _near.OpenAsync("events", First with { Silo = Far })).Verdict);
    }

    [Fact]
    public async Task SecondOpening_TellsWhatIsServed_AndWhoElseThereIs()
    {
        await _far.OpenAsync("events", First);

        var reply = await _near.OpenAsync("events", First with { Silo = Far, EndedBefore = 1 });

        Assert.Equal([(UInt128.Zero, UInt128.MaxValue)], PackedRanges.Parse(reply.Ranges!));
        Assert.Equal([Near, Far], reply.AllSilos!);
    }

    /// <summary>A new session of that name would take batches again that the former one took.</summary>
    [Fact]
    public async Task SecondOpening_OfASessionThatWasForgotten_DoesNotOpenItAnew()
    {
        await _far.OpenAsync("events", First);
        _far.Forget(TimeSpan.Zero);

        Assert.Equal(ClientVerdict.Forgotten, (await _far.OpenAsync("events", First with { EndedBefore = 1 })).Verdict);
        Assert.Equal(ClientVerdict.Forgotten, (await _far.FlushAsync("events", First)).Verdict);
    }

    [Fact]
    public async Task Answer_ToABatch_TellsHowManyOfItsRecordsOthersSend_Once()
    {
        using var sessions = new ClientSessions(new ForwardingProducer(), new Peers(Near), new FakeTimeProvider());
        await sessions.OpenAsync("events", First);
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("key", [1]) && writer.TryAdd("key", [2]) && writer.TryAdd("key", [3]));
        var batch = new ClientBatch { Session = First.Session, Silo = Near, FirstRecord = ClientBatch.MaxRecords, Records = writer.ToArray() };

        Assert.Equal(2, (await sessions.AcceptAsync("events", batch)).Elsewhere);
        Assert.Equal(0, (await sessions.AcceptAsync("events", batch)).Elsewhere);
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }

    private sealed class Peers(SiloId self) : ILanePeers
    {
        public IClientCalls? Other { get; init; }

        public bool IsOtherLost { get; set; }

        public SiloId Self => self;

        public IReadOnlyList<SiloId> Silos => [Near, Far];

        public bool IsDraining => false;

        public bool IsLost(SiloId silo) => IsOtherLost;

        public IClientCalls To(SiloId silo) => Other!;
    }

    private sealed class Calls(ClientSessions sessions) : IClientCalls
    {
        public Task<ClientReply> OpenAsync(string stream, ClientRequest request) => sessions.OpenAsync(stream, request);

        public Task<ClientReply> AcceptAsync(string stream, ClientBatch batch) => sessions.AcceptAsync(stream, batch);

        public Task<ClientOutcomes> TakeOutcomesAsync(string stream, ClientRequest request) => sessions.TakeOutcomesAsync(stream, request);

        public Task<ClientReply> FlushAsync(string stream, ClientRequest request) => sessions.FlushAsync(stream, request);

        public Task<ClientReply> CloseAsync(string stream, ClientRequest request) => sessions.CloseAsync(stream, request);
    }

    /// <summary>Of each batch, it forwards two records.</summary>
    private sealed class ForwardingProducer : IPackedProducer
    {
        public ValueTask EnqueueAsync(
            string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default)
        {
            ((SessionBatch)batch).SentElsewhere(2);
            batch.AllHandedOver();
            return ValueTask.CompletedTask;
        }

        public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}

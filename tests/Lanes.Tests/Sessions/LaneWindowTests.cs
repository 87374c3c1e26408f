using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

public sealed class LaneWindowTests
{
    private const int Lanes = 2;

    [Fact]
    public void Size_GrowsByOneWithEachMessage_AndStartsAgainAtAFullSilo()
    {
        var window = new LaneWindow();
        Assert.Equal(4, window.Size);
        window.OnTaken(6);
        Assert.Equal(5, window.Size);
        for (var i = 0; i < 10; i++)
            window.OnTaken(6);
        Assert.Equal(6, window.Size);
        // More clients have come.
        window.OnTaken(5);
        Assert.Equal(5, window.Size);
        window.OnFull(64);
        Assert.Equal(4, window.Size);
        // So many have come that each has one.
        window.OnFull(1);
        Assert.Equal(1, window.Size);
        window.OnTaken(2);
        Assert.Equal(2, window.Size);
    }

    /// <summary>A deal gave a silo fewer lanes: the next one began anew with small windows, beside what was under way in those before.</summary>
    [Fact]
    public async Task Windows_OfALaneThatASiloGetsAgain_AreThoseOfBefore()
    {
        using var cluster = new FakeCluster(1);
        await using var producer = cluster.NewProducer();
        var stream = producer.Uses.Get(Numbered.Stream);
        var silo = cluster.Silos[0].Self;
        var session = await DealAsync(2);
        LaneWindow[] windows = [.. session.Windows];

        Assert.Equal(windows, (await DealAsync(1)).Windows);
        Assert.Equal(windows, (await DealAsync(2)).Windows);
        Assert.Equal(2, windows.Distinct().Count());
        Assert.Same(windows[0], (await stream.LaneToAsync(silo))!.Window);

        async Task<SiloSession> DealAsync(int lanes)
        {
            stream.Deal([.. Enumerable.Range(0, lanes).Select(_ => new OpenedLane(cluster.Fresh(Numbered.Stream), Guid.NewGuid(), silo, 1))]);
            return (await stream.LaneToAsync(silo))!.Session;
        }
    }

    /// <summary>The silo kept the session of whoever came second for a minute.</summary>
    [Fact]
    public async Task Lanes_ToASiloThatTwoAskForAtOnce_LeaveNoSessionThatIsNotUsed()
    {
        var opening = new TaskCompletionSource();
        using var cluster = new FakeCluster(2) { Opening = opening.Task };
        var silo = cluster.OnlyGateway = cluster.Silos[1];
        await using var producer = cluster.NewProducer();
        var stream = producer.Uses.Get(Numbered.Stream);
        stream.Deal([new OpenedLane(cluster.Fresh(Numbered.Stream), Guid.NewGuid(), cluster.Silos[0].Self, 1)]);

        Task<Lane?>[] asking = [stream.LaneToAsync(silo.Self), stream.LaneToAsync(silo.Self)];
        opening.SetResult();
        var lanes = await Task.WhenAll(asking);

        Assert.NotNull(lanes[0]);
        Assert.Same(lanes[0], lanes[1]);
        Assert.Equal(2 * Lanes, silo.Openings);
        await Waiting.UntilAsync(async () => await silo.CountSessionsAsync() == 1);
    }

    [Theory]
    [InlineData(256L << 20, 1, 64)]
    [InlineData(256L << 20, 4, 64)]
    [InlineData(256L << 20, 16, 16)]
    [InlineData(256L << 20, 64, 4)]
    [InlineData(256L << 20, 50_000, 1)]
    [InlineData(32L << 20, 1, 32)]
    [InlineData(1, 0, 1)]
    [InlineData(long.MaxValue, 1, 64)]
    public void Share_IsAnEighthOfTheMemoryLimit_DividedAmongSessions(long memoryLimit, int sessions, int batches) =>
        Assert.Equal(batches, new LaneShare(memoryLimit).Of(sessions));

    [Fact]
    public async Task Reply_SaysHowManyALaneMayHaveInFlight_FewerWithEachSessionThatPuts()
    {
        using var cluster = new FakeCluster(1);
        var silo = cluster.Silos[0];
        var time = new FakeTimeProvider();
        using var sessions = silo.NewSessions(time, memoryLimit: 32 << 20);
        Guid[] clients = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
        var told = new List<int>();
        foreach (var client in clients)
        {
            await sessions.OpenAsync("events", new ClientRequest { Session = client });
            told.Add(await AcceptAsync(client, batch: 1));
        }

        // Each sweep looks at what came since the one before.
        for (var sweep = 1; sweep <= 2; sweep++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            told.Add(await AcceptAsync(clients[1], batch: sweep + 1));
        }

        Assert.Equal([32, 16, 10, 10, 32], told);

        async Task<int> AcceptAsync(Guid client, int batch)
        {
            var writer = new PackedRecordsWriter();
            writer.TryAdd("key", "data"u8);
            return (await sessions.AcceptAsync("events", new ClientBatch
            {
                Session = client, FirstRecord = batch * ClientBatch.MaxRecords, Records = writer.ToArray(), Silo = silo.Self,
            })).MaxInFlight;
        }
    }

    [Fact]
    public async Task Lanes_OfASiloThatTakesMessages_CarryMoreAndMore_AndFewerOnceItIsFull()
    {
        var silo = new HeldSilo();
        await using var producer = FakeCluster.NewProducer(silo, new KplOptions { DrainTimeout = TimeSpan.Zero }, new FakeTimeProvider());
        _ = producer.PutAsync(Numbered.Stream, Numbered.Records(80 * 1_024)).AsTask();

        for (var inFlight = Lanes * 4; inFlight < Lanes * 16; inFlight++)
        {
            await Waiting.UntilAsync(() => silo.Held.Count == inFlight);
            silo.Answer(silo.Held[0], ClientVerdict.Accepted);
        }

        await Waiting.UntilAsync(() => silo.Held.Count == Lanes * 16);
        silo.Answer(silo.Held[0], ClientVerdict.Accepted);
        await Waiting.UntilAsync(() => silo.Held.Count == Lanes * 16);

        // The refused messages wait, and no other takes their place: lanes with 15 in flight and a window that starts again at 4 meet at 10.
        foreach (var lane in silo.Held.GroupBy(static h => h.Lane).ToList())
        {
            silo.Answer(lane.First(), ClientVerdict.MemoryFull);
            foreach (var held in lane.Skip(1).Take(6))
                silo.Answer(held, ClientVerdict.Accepted);
        }

        Assert.Equal(Lanes * 9, silo.Held.Count);
    }

    /// <summary>Each deal began with new windows, beside what was under way: a client put ever more on a silo that was slow.</summary>
    [Fact]
    public async Task Lanes_ThatAreDealtAgain_KeepTheirWindows_AndWhatIsInFlight()
    {
        var silo = new HeldSilo();
        var time = new FakeTimeProvider();
        await using var producer = FakeCluster.NewProducer(silo, new KplOptions { DrainTimeout = TimeSpan.Zero, RecordTtl = Numbered.Long }, time);
        _ = producer.PutAsync(Numbered.Stream, Numbered.Records(80 * 1_024)).AsTask();
        await Waiting.UntilAsync(() => silo.Held.Count == Lanes * 4);

        // There is another silo, whose gateway is not known: lanes are dealt now, and after 5, 10 and 20 s.
        silo.Silos = 2;
        silo.Answer(silo.Held[0], ClientVerdict.Accepted);
        await Waiting.UntilAsync(() =>
        {
            if (silo.Openings < 18 && time.IsDueWithin(TimeSpan.FromSeconds(20)))
                time.Advance(TimeSpan.FromSeconds(20));
            return silo.Openings >= 18;
        });

        // Two lanes more, each with its first window, and one message for the one that was taken.
        Assert.InRange(silo.Held.Count, Lanes * 8, (Lanes * 8) + 1);
    }

    /// <summary>Keeps each message until it is told what to answer; the answer is taken before <see cref="Answer"/> returns.</summary>
    private sealed class HeldSilo : ILanes
    {
        private readonly Orleans.Kpl.Silos.SiloId _id = Orleans.Kpl.Silos.SiloId.Parse("10.0.0.1:11111@1");
        private readonly Lock _lock = new();
        private readonly List<HeldMessage> _held = [];

        public IReadOnlyList<HeldMessage> Held
        {
            get
            {
                lock (_lock)
                    return [.. _held];
            }
        }

        /// <summary>How many silos there are, as this one says.</summary>
        public int Silos { get; set; } = 1;

        public int Openings;

        public CancellationToken GatewayLost => CancellationToken.None;

        public ILaneCalls Fresh(string stream) => new HeldLane(this);

        public void Answer(HeldMessage message, ClientVerdict verdict)
        {
            lock (_lock)
                Assert.True(_held.Remove(message));
            message.Answer.SetResult(new ClientReply(verdict, _id, Silos) { MaxInFlight = 16 });
        }

        public sealed record HeldMessage(ILaneCalls Lane, TaskCompletionSource<ClientReply> Answer);

        private sealed class HeldLane(HeldSilo silo) : ILaneCalls
        {
            public Task<ClientReply> OpenAsync(ClientRequest request)
            {
                Interlocked.Increment(ref silo.Openings);
                return Task.FromResult(new ClientReply(ClientVerdict.Accepted, silo._id, silo.Silos));
            }

            public Task<ClientReply> AcceptAsync(ClientBatch batch)
            {
                var message = new HeldMessage(this, new TaskCompletionSource<ClientReply>());
                lock (silo._lock)
                    silo._held.Add(message);
                return message.Answer.Task;
            }

            public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) => new TaskCompletionSource<ClientOutcomes>().Task;

            public Task<ClientReply> FlushAsync(ClientRequest request) => Task.FromResult(new ClientReply(ClientVerdict.Accepted, silo._id, silo.Silos));

            public Task<ClientReply> CloseAsync(ClientRequest request) => FlushAsync(request);
        }
    }
}

using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Silos.Tests.Lanes;

/// <summary>How much the batches of clients hold in a silo that has no memory for them.</summary>
/// <remarks>Tests <see cref="ClientSessions"/>, <see cref="LaneShare"/> and <see cref="PassedOnShare"/>.</remarks>
public sealed class WaitingBatchesTests : IDisposable
{
    private const long MemoryLimit = 64 << 20;

    /// <summary>What a client begins with: four on each of its two lanes.</summary>
    private const int EachAtOnce = 8;

    /// <summary>One session may have two batches on each lane, two sessions one; four batches fill the share.</summary>
    private const long RoomForFour = 2 << 20;

    private static readonly SiloId Self = FakeMembership.Silo(1);
    private static readonly byte[] FullBatch = NewFullBatch();

    private readonly FakeTimeProvider _time = new();
    private readonly GatedProducer _producer = new();
    private readonly TaskCompletionSource<ClientReply> _answer = new();
    private readonly ClientSessions _sessions;

    public WaitingBatchesTests() => _sessions = NewSessions(MemoryLimit);

    /// <summary>Each session was told four a lane at least, and what it sent waited a quarter of a second for memory: 10,000 of them held 5 GB.</summary>
    [Theory]
    [InlineData(64)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public async Task Batches_OfManySessions_HoldAnEighthOfTheMemoryLimit_AndEachIsTakenOnceInTheEnd(int count)
    {
        var left = new List<ClientBatch>();
        for (var client = 0; client < count; client++)
        {
            var batch = await OpenAsync(_sessions);
            for (var number = 1; number <= EachAtOnce; number++)
                left.Add(batch with { FirstRecord = number * ClientBatch.MaxRecords });
        }

        // All of them come before any is accepted.
        var first = Send(left);
        await Waiting.UntilAsync(() => _producer.WaitingBytes == _sessions.WaitingBytes);
        Assert.InRange(_producer.WaitingBytes, MemoryLimit / 8 - FullBatch.Length, MemoryLimit / 8);
        var refused = first.Where(static s => s.Reply.IsCompleted).ToList();
        Assert.Equal(left.Count - _producer.WaitingBytes / FullBatch.Length, refused.Count);
        foreach (var (_, reply) in refused)
            Assert.InRange((await reply).MaxInFlight, 1, EachAtOnce);

        _producer.Open();
        left = await RefusedOfAsync(first);
        while (left.Count > 0)
            left = await RefusedOfAsync(Send(left));

        Assert.Equal(count * EachAtOnce, _producer.Taken);
        Assert.InRange(_producer.MostBytes, 1, MemoryLimit / 8);
        Assert.Equal(0, _sessions.WaitingBytes);
    }

    /// <summary>They were counted by the thread that took them: while all processors were busy, the silo held whatever came.</summary>
    [Fact]
    public async Task Batches_ThatWaitForAThread_AreCounted()
    {
        using var sessions = NewSessions(RoomForFour);
        var batch = await OpenAsync(sessions);
        using var busy = new ManualResetEventSlim();
        _producer.Busy = busy;
        try
        {
            // A thread of its own: where batches are taken at once, it does not come back.
            var replies = await Task.Run(
                () => Enumerable.Range(1, 5).Select(n => sessions.AcceptAsync("events", batch with { FirstRecord = n * ClientBatch.MaxRecords })).ToList())
                .WaitAsync(Waiting.Long);

            Assert.Equal([false, false, false, false, true], replies.Select(static r => r.IsCompleted));
            Assert.Equal(ClientVerdict.MemoryFull, (await replies[4]).Verdict);
            Assert.Equal(4 * FullBatch.Length, sessions.WaitingBytes);
        }
        finally
        {
            _producer.Open();
            busy.Set();
        }

        await Waiting.UntilAsync(() => sessions.WaitingBytes == 0);
    }

    [Fact]
    public async Task ABatch_LargerThanTheShare_IsTakenWhereItIsAlone()
    {
        using var sessions = NewSessions(memoryLimit: 1);
        var batch = await OpenAsync(sessions);
        var first = sessions.AcceptAsync("events", batch);
        var second = await sessions.AcceptAsync("events", batch with { FirstRecord = 2 * ClientBatch.MaxRecords });
        _producer.Open();

        Assert.Equal((ClientVerdict.Accepted, ClientVerdict.MemoryFull), ((await first).Verdict, second.Verdict));
    }

    /// <summary>The share was never empty, so that a record larger than it was refused until its time-to-live ended, and an ordered stream waited.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public void ALargeRecord_WhileSmallBatchesComeAndGo_IsTaken_AndOneAtATime(int mebibytes)
    {
        var (share, silo, small, large) = (new PassedOnShare(MemoryLimit), FakeMembership.Silo(2), 64 << 10, mebibytes << 20);
        while (share.TryEnter(silo, small))
        {
            // Until one silo has its half, and nothing more has room.
        }

        Assert.True(share.TryEnter(silo, large));
        share.Leave(silo, small);
        Assert.False(share.TryEnter(silo, small));
        Assert.False(share.TryEnter(silo, large));
        share.Leave(silo, large);
        Assert.True(share.TryEnter(silo, small));
    }

    /// <summary>It was taken, and its answer lost: it comes again while there is no room, and must not be taken twice.</summary>
    [Fact]
    public async Task ABatch_ThatWasTaken_AndComesAgainWhileThereIsNoRoom_IsRefused_AndTakenOnce()
    {
        _producer.Open();
        using var sessions = NewSessions(memoryLimit: 1);
        var batch = await OpenAsync(sessions);
        Assert.Equal(ClientVerdict.Accepted, (await sessions.AcceptAsync("events", batch)).Verdict);
        _producer.Close();
        var other = sessions.AcceptAsync("events", batch with { FirstRecord = 2 * ClientBatch.MaxRecords });

        Assert.Equal(ClientVerdict.MemoryFull, (await sessions.AcceptAsync("events", batch)).Verdict);
        _producer.Open();
        await other;
        Assert.Equal(ClientVerdict.Accepted, (await sessions.AcceptAsync("events", batch)).Verdict);
        Assert.Equal(2, _producer.Taken);
    }

    /// <summary>Its clients were answered MemoryFull for as long as the other silo hung.</summary>
    [Fact]
    public async Task ASiloThatDoesNotAnswer_TakesNoRoomFromTheGatewaysOwnClients()
    {
        _producer.Open();
        using var sessions = NewSessions(memoryLimit: 1);
        var passedOn = sessions.AcceptAsync("events", BatchFor(FakeMembership.Silo(2)));
        var own = await OpenAsync(sessions);

        var reply = await sessions.AcceptAsync("events", own);

        Assert.Equal((ClientVerdict.Accepted, false), (reply.Verdict, passedOn.IsCompleted));
        Assert.Equal(own.Records.Length, sessions.WaitingBytes);
        _answer.SetResult(new ClientReply(ClientVerdict.Accepted, FakeMembership.Silo(2), 4));
        Assert.Equal(ClientVerdict.Accepted, (await passedOn).Verdict);
        Assert.Equal(0, sessions.WaitingBytes);
    }

    /// <summary>A client could have a silo connect to any address, by naming a silo there.</summary>
    [Fact]
    public async Task ASiloThatMembershipDoesNotList_IsPassedNothing_AndTheClientAsksAgain()
    {
        using var sessions = NewSessions(RoomForFour);
        var madeUp = FakeMembership.Silo(9);

        var reply = sessions.AcceptAsync("events", BatchFor(madeUp));
        Assert.True(reply.IsCompleted);
        Assert.Equal(ClientVerdict.MemoryFull, (await reply).Verdict);
        var request = new ClientRequest { Session = Guid.NewGuid(), Silo = madeUp };
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => sessions.OpenAsync("events", request));

        Assert.Contains($"{madeUp}", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0, sessions.WaitingBytes);
        // It is gone for good if it stays so.
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(ClientVerdict.Lost, (await sessions.OpenAsync("events", request)).Verdict);
    }

    /// <summary>A silo that does not answer has half of what may be passed on at most.</summary>
    [Fact]
    public async Task ASiloThatDoesNotAnswer_LeavesHalfOfWhatIsPassedOnToTheOthers()
    {
        using var sessions = NewSessions(RoomForFour);
        var replies = new[] { 2, 2, 2, 3, 3, 4 }.Select(n => sessions.AcceptAsync("events", BatchFor(FakeMembership.Silo(n)))).ToArray();

        Assert.Equal([false, false, true, false, false, true], replies.Select(static r => r.IsCompleted));
        Assert.Equal(4 * FullBatch.Length, sessions.WaitingBytes);
        _answer.SetResult(new ClientReply(ClientVerdict.Accepted, FakeMembership.Silo(2), 4));
        Assert.Equal([2, 5], Enumerable.Range(0, 6).Where(i => replies[i].Result.Verdict == ClientVerdict.MemoryFull));
        Assert.Equal(0, sessions.WaitingBytes);
        Assert.Equal(ClientVerdict.Accepted, (await sessions.AcceptAsync("events", BatchFor(FakeMembership.Silo(2)))).Verdict);
    }

    /// <summary>Those that are shut out were taken for idle, and the others were told that they may send more.</summary>
    [Fact]
    public async Task ASessionWhoseBatchesFindNoRoom_DividesTheShareWithTheOthers()
    {
        using var sessions = NewSessions(RoomForFour);
        var (busy, shutOut) = (await OpenAsync(sessions), await OpenAsync(sessions));
        var taken = Enumerable.Range(1, 4).Select(n => sessions.AcceptAsync("events", busy with { FirstRecord = n * ClientBatch.MaxRecords })).ToArray();
        Assert.Equal(ClientVerdict.MemoryFull, (await sessions.AcceptAsync("events", shutOut)).Verdict);

        // The sessions that put are counted.
        _time.Advance(TimeSpan.FromSeconds(10));

        var reply = await sessions.AcceptAsync("events", shutOut);
        Assert.Equal((ClientVerdict.MemoryFull, 1), (reply.Verdict, reply.MaxInFlight));
        _producer.Open();
        Assert.All(await Task.WhenAll(taken), static r => Assert.Equal(ClientVerdict.Accepted, r.Verdict));
    }

    /// <summary>Each deal of a client's lanes opens sessions, and they left the others less room until the next sweep.</summary>
    [Fact]
    public async Task Sessions_ThatAreOpenedAndNotUsed_DivideNoRoom()
    {
        _producer.Open();
        using var sessions = NewSessions(RoomForFour);
        for (var i = 0; i < 10; i++)
            await OpenAsync(sessions);
        var batch = await OpenAsync(sessions);
        Assert.Equal(2, (await sessions.AcceptAsync("events", batch)).MaxInFlight);

        // A second batch of the same session counts no second one, another session does.
        Assert.Equal(2, (await sessions.AcceptAsync("events", batch with { FirstRecord = 2 * ClientBatch.MaxRecords })).MaxInFlight);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, (await sessions.AcceptAsync("events", batch with { FirstRecord = 3 * ClientBatch.MaxRecords })).MaxInFlight);
        Assert.Equal(1, (await sessions.AcceptAsync("events", await OpenAsync(sessions))).MaxInFlight);
    }

    public void Dispose() => _sessions.Dispose();

    private static ClientBatch BatchFor(SiloId silo) =>
        new() { Session = Guid.NewGuid(), Silo = silo, FirstRecord = ClientBatch.MaxRecords, Records = FullBatch };

    /// <summary>Opens a session, and returns its first batch.</summary>
    private static async Task<ClientBatch> OpenAsync(ClientSessions sessions)
    {
        var batch = BatchFor(Self);
        await sessions.OpenAsync("events", new ClientRequest { Session = batch.Session });
        return batch;
    }

    private List<(ClientBatch Batch, Task<ClientReply> Reply)> Send(List<ClientBatch> batches) =>
        [.. batches.Select(b => (b, _sessions.AcceptAsync("events", b)))];

    private static async Task<List<ClientBatch>> RefusedOfAsync(List<(ClientBatch Batch, Task<ClientReply> Reply)> sent)
    {
        var refused = new List<ClientBatch>();
        foreach (var (batch, reply) in sent)
        {
            if ((await reply.WaitAsync(Waiting.Long)).Verdict == ClientVerdict.MemoryFull)
                refused.Add(batch);
        }

        return refused;
    }

    private ClientSessions NewSessions(long memoryLimit)
    {
        var membership = new FakeMembership();
        for (var silo = 1; silo <= 4; silo++)
            membership.Set(FakeMembership.Silo(silo), SiloStanding.Active);
        var silos = new LiveSilos(membership, _time);
        return new ClientSessions(_producer, silos, new SiloState(_time), (_, _) => new FakeFarSilo(() => _answer.Task), _time, memoryLimit: memoryLimit);
    }

    private static byte[] NewFullBatch()
    {
        var writer = new PackedRecordsWriter();
        while (writer.TryAdd("key", new byte[4_000]))
        {
            // As many as there is room for.
        }

        return writer.ToArray();
    }

    /// <summary>Has no memory until it is opened. What waits for it is counted: full batches.</summary>
    private sealed class GatedProducer : IPackedProducer
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _memory = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long WaitingBytes { get; private set; }

        public long MostBytes { get; private set; }

        public int Taken { get; private set; }

        /// <summary>What each thread waits for that takes a batch; null for nothing.</summary>
        public ManualResetEventSlim? Busy { get; set; }

        public void Open() => _memory.SetResult();

        public void Close() => _memory = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask EnqueueAsync(
            string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default)
        {
            Busy?.Wait(CancellationToken.None);
            lock (_lock)
                MostBytes = Math.Max(MostBytes, WaitingBytes += FullBatch.Length);
            await _memory.Task;
            lock (_lock)
            {
                WaitingBytes -= FullBatch.Length;
                Taken++;
            }

            batch.AllHandedOver();
        }

        public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}

using System.Runtime.CompilerServices;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Whole;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Lanes;

public sealed class ClientSessionTests
{
    /// <summary>The client sends a refused message again, so that nothing of it may have been accepted.</summary>
    [Fact]
    public async Task Message_ThatFindsNoRoom_IsRefused_AndAskedForAsAWhole()
    {
        var time = new FakeTimeProvider();
        var producer = new FullProducer();
        var session = NewSession(producer, time);
        var batch = NewBatch();

        var answer = session.AcceptAsync(batch);
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(ClientVerdict.MemoryFull, (await answer).Refusal?.Verdict);
        Assert.True(producer.Batch?.IsWhole);
        Assert.True(session.HasToldAll);
    }

    /// <summary>Less became free in a quarter of a second than it needs, and small records had that each time: the large one expired.</summary>
    [Fact]
    public async Task ALargeRecord_WhereMemoryIsFull_IsTakenBeforeSmallOnesThatComeLater()
    {
        const int large = 1 << 20, small = 64 << 10;
        var time = new FakeTimeProvider();
        var memory = new FairMemory(4 * large, 0);
        memory.Charge(4 * large, 64);
        var session = NewSession(new LimitedProducer(memory), time);
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("key", new byte[large]));

        var answer = session.AcceptAsync(NewBatch() with { Records = writer.ToArray() });
        // One shard takes so much in a second.
        var later = new List<Task>();
        for (var i = 0; i < 16; i++)
        {
            later.Add(memory.ReserveAsync(small, 1, null, TestContext.Current.CancellationToken).AsTask());
            time.Advance(TimeSpan.FromMilliseconds(62));
            memory.Release(small, 1);
        }

        Assert.Null((await answer.WaitAsync(Waiting.Long)).Refusal);
        Assert.DoesNotContain(later, static l => l.IsCompleted);
    }

    /// <summary>The time that a record waits for memory is not taken from its time-to-live.</summary>
    [Theory]
    [InlineData(1, 250)]
    [InlineData(8, 1_000)]
    [InlineData(30, 2_000)]
    public async Task ALargeRecord_WaitsAnEighthOfItsTimeToLive_AndTwoSecondsAtMost(int seconds, int milliseconds)
    {
        var time = new FakeTimeProvider();
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("key", new byte[1 << 20]));
        var batch = NewBatch() with { Records = writer.ToArray(), Options = new PutOptions { TimeToLive = TimeSpan.FromSeconds(seconds) } };

        var answer = NewSession(new FullProducer(), time).AcceptAsync(batch);
        time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(ClientVerdict.MemoryFull, (await answer.WaitAsync(Waiting.Long)).Refusal?.Verdict);
    }

    /// <summary>A batch as large as the pipeline reserves memory for at once is accepted whole or not at all.</summary>
    [Fact]
    public void LargestBatch_IsOnePartOfThePipeline() => Assert.Equal(PreparedBatch.MaxRecords, ClientBatch.MaxRecords);

    /// <summary>The client sends a refused message again, and is told then.</summary>
    [Fact]
    public async Task InvalidRecord_OfAMessageThatIsRefusedFirst_IsToldOnceWithItsAcceptance()
    {
        var time = new FakeTimeProvider();
        var producer = new FullProducer { EndsFirst = true };
        var session = NewSession(producer, time);
        var batch = NewBatch();

        var refused = session.AcceptAsync(batch);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ClientVerdict.MemoryFull, (await refused).Refusal?.Verdict);
        Assert.True(session.HasToldAll);
        producer.HasMemory = true;
        Assert.Null((await session.AcceptAsync(batch)).Refusal);

        var (_, messages) = await session.TakeOutcomesAsync(new ClientRequest { Session = batch.Session });
        Assert.Equal(1, messages.Sum(static m => PackedOutcomes.Parse(m).Count));
    }

    /// <summary>Each kept the bytes of its whole message, which no memory limit counts, until the client polled.</summary>
    [Fact]
    public async Task RecordsThatFailAtOnce_AreNotKeptUntilTheClientPolls()
    {
        var unnamed = new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "no");
        var session = NewSession(new FakePackedProducer((records, batch) => new PackedPut(records, batch).Fail(unnamed)), new FakeTimeProvider());
        var message = await GiveAsync(session);

        GC.Collect();
        Assert.False(message.IsAlive);
        Assert.False(session.HasToldAll);
    }

    /// <summary>The drain began between the look and the lock: the copy was refused and went to another silo, and the first was taken here.</summary>
    [Fact]
    public async Task Batch_WhoseCopyIsRefusedByADrain_IsNotTakenHereToo()
    {
        var batch = NewBatch();
        ClientSession? session = null;
        Task<(ClientReply? Refusal, int Elsewhere)>? copy = null;
        var asked = 0;
        session = NewSession(new FullProducer { HasMemory = true }, new FakeTimeProvider(), () =>
        {
            if (asked++ > 0)
                return true;
            copy = session!.AcceptAsync(batch);
            return false;
        });

        var (refusal, _) = await session.AcceptAsync(batch);

        Assert.Equal(refusal, (await copy!).Refusal);
    }

    /// <summary>The call had found the session before the sweep removed it: the batch was taken, and no client heard of its end.</summary>
    [Fact]
    public async Task Session_ThatIsForgotten_TakesNothingMore()
    {
        var time = new FakeTimeProvider();
        var session = NewSession(new FullProducer { HasMemory = true }, time);
        Assert.Null((await session.AcceptAsync(NewBatch())).Refusal);
        time.Advance(ClientSessions.IdleLimit - TimeSpan.FromTicks(1));
        Assert.False(session.TryClose(ClientSessions.IdleLimit));

        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(session.TryClose(ClientSessions.IdleLimit));

        Assert.Equal(ClientVerdict.Forgotten, (await session.AcceptAsync(NewBatch())).Refusal?.Verdict);
    }

    /// <summary>The call failed, so that each client made it anew twice a second, over a new lane, for as long as the drain took.</summary>
    [Fact]
    public async Task AFlush_OfASiloThatDrains_IsAnswered()
    {
        await using var world = new NodeWorld(shards: 1);
        var silo = await world.StartAsync();
        var request = new ClientRequest { Session = Guid.NewGuid() };
        await silo.Node.Sessions.OpenAsync(NodeWorld.Stream, request);
        await silo.Node.Drain.DrainAsync().WaitAsync(Waiting.Long);

        Assert.Equal(ClientVerdict.Accepted, (await silo.Node.Sessions.FlushAsync(NodeWorld.Stream, request)).Verdict);
    }

    private static ClientSession NewSession(IPackedProducer producer, TimeProvider time, Func<bool>? isDraining = null) => new(
        "events", producer, time, new KeptForClients(static () => 1), isDraining ?? (static () => false),
        static (verdict, code, message) => new ClientReply(verdict, default!, 1, code, message));

    private static ClientBatch NewBatch() =>
        new() { Session = Guid.NewGuid(), Silo = default!, FirstRecord = 1_024, Records = FakePackedProducer.Pack(1) };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> GiveAsync(ClientSession session)
    {
        var batch = NewBatch();
        Assert.Null((await session.AcceptAsync(batch)).Refusal);
        return new WeakReference(batch.Records);
    }

    /// <summary>Takes what there is memory for.</summary>
    private sealed class LimitedProducer(FairMemory memory) : IPackedProducer
    {
        public async ValueTask EnqueueAsync(
            string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default)
        {
            await memory.ReserveAsync(1 << 20, records.Count, options, cancellationToken);
            batch.AllHandedOver();
        }

        public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }

    private sealed class FullProducer : IPackedProducer
    {
        public IBatchOutcomes? Batch { get; private set; }

        public bool EndsFirst { get; init; }

        public bool HasMemory { get; set; }

        public async ValueTask EnqueueAsync(
            string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default)
        {
            Batch = batch;
            if (EndsFirst)
                batch.End(0, RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.RecordTooLarge, "it is too large", null));
            if (!HasMemory)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            batch.AllHandedOver();
        }

        public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}

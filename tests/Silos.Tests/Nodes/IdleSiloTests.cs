using System.Globalization;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Silos.Tests.Backlog;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Silos close streams that nobody uses, with their shards, outboxes and timers. They come back by themselves.</summary>
public sealed class IdleSiloTests
{
    private const int Shards = 8, Rounds = 4, InARound = 100, Keys = 10;

    /// <summary>Each round is put through another silo, and finds the stream closed in both. No number of a frame or a tenure comes twice.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AStreamThatClosedInEverySilo_ComesBackAtTheNextPut(OrderedMode mode)
    {
        await using var world = NewWorld(o => o.Ordered = mode);
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        for (var round = 0; round < Rounds; round++)
        {
            Assert.All(await PutAsync(silos[round % 2], round * InARound), static r => Assert.True(r.IsSuccess, r.ToString()));
            await UntilClosedAsync(silos);
        }

        Assert.Equal(Rounds * InARound, silos.Sum(static s => s.Node.Producer.ReadLedger().Delivered));
        Assert.Equal(Enumerable.Range(0, Rounds * InARound), Visible(world).Select(static r => r.Number).Order());
        if (mode != OrderedMode.Off)
            AssertInOrder(world);
    }

    /// <summary>The timers of records that waited for their shard's owner kept all of it for as long as those might have lived.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AStreamThatClosed_IsNotKeptForItsRecordsTimeToLive(OrderedMode mode)
    {
        await using var world = NewWorld(o => (o.Ordered, o.RecordTtl) = (mode, TimeSpan.FromDays(1)));
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        var closed = await UseOnceAsync(silos[0]);
        await UntilClosedAsync(silos);

        await Waiting.UntilAsync(() =>
        {
            GC.Collect();
            return !closed.IsAlive;
        });
    }

    [Fact]
    public async Task AStreamThatClosed_IsStillListed_WithItsLedger()
    {
        await using var world = NewWorld();
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await PutAsync(silos[0], 0);
        await UntilClosedAsync(silos);

        var expected = new StreamLedger(InARound, InARound, 0, 0, 0, 0, 0);
        var books = await world.Managers.CallAsync(NodeWorld.Stream, static m => m.LedgerAsync());
        Assert.Equal((expected, expected), (silos[0].Node.Producer.GetLedger(NodeWorld.Stream), books.Ledger));
        var listed = Assert.Single((await silos[1].Node.View.ReportAsync(NodeWorld.Stream, CancellationToken.None))[0].Streams);
        Assert.Equal((NodeWorld.Stream, 0, expected), (listed.Stream, listed.Shards, listed.Ledger));
    }

    /// <summary>A silo that only owns shards is used by what others forward to it.</summary>
    [Fact]
    public async Task AnOwner_ThatRecordsAreForwardedTo_StaysOpen()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(Shards) { Time = time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await world.PassAsync(silos[0].DeliverAsync(InARound));
        var open = silos[1].Node.Producer.Find(NodeWorld.Stream);
        for (var put = 0; put < 6; put++)
        {
            time.Advance(StreamIdling.Limit / 2);
            await world.PassAsync(silos[0].DeliverAsync(InARound));
        }

        Assert.NotNull(open);
        Assert.Same(open, silos[1].Node.Producer.Find(NodeWorld.Stream));
    }

    /// <summary>Threads put through every silo while the stream closes again and again: nothing is lost or counted twice, and order holds.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task PutsThatRaceWithClosing_AreAllDelivered(OrderedMode mode)
    {
        await using var world = NewWorld(o => o.Ordered = mode, TimeSpan.FromMilliseconds(5));
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync(), await world.StartAsync()];
        const int Puts = 40;
        await Task.WhenAll(silos.Select((silo, place) => Task.Run(async () =>
        {
            var random = new Random(place);
            for (var put = 0; put < Puts; put++)
            {
                var key = $"silo-{place}-{put % 3}";
                var result = await silo.Node.Producer.PutAsync(NodeWorld.Stream, Record(key, put), PutOptions.WithoutLinger).AsTask().WaitAsync(Waiting.Long);
                Assert.True(result.IsSuccess, result.ToString());
                // Around the limit: some meet an open stream, some one that closes, some a closed one.
                await Task.Delay(random.Next(25));
            }
        })));

        Assert.Equal(silos.Length * Puts, silos.Sum(static s => s.Node.Producer.ReadLedger().Delivered));
        Assert.Equal(silos.Length * Puts, Visible(world).Count);
        Assert.True(silos.Sum(static s => s.Node.Producer.IdleClosings) > silos.Length, "the stream hardly ever closed");
        AssertInOrder(world);
    }

    /// <summary>The log of a silo that is gone belongs to the stream while it is replayed; then it lets the stream close.</summary>
    [Fact]
    public async Task AStreamWithABacklog_StaysOpenUntilItIsDelivered()
    {
        await using var world = NewWorld(backlog: new SharedStores());
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        world.Kinesis.BeforePut = static (_, _) => throw new Pipeline.Kinesis.KinesisException(Pipeline.Kinesis.KinesisFailureKind.NotSent, "Down", "down");
        await silos[1].PersistAsync(1);
        // The other silo holds nothing, and closes; this one was used no later.
        await Waiting.UntilAsync(() => silos[0].Node.Producer.Find(NodeWorld.Stream) is null);
        Assert.NotNull(silos[1].Node.Producer.Find(NodeWorld.Stream));
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;

        await UntilClosedAsync(silos);
        Assert.Single(world.Kinesis.Records, static r => r.VisibleToKcl);
        Assert.Equal(1, silos[1].Node.Producer.ReadLedger().Delivered);
    }

    [Fact]
    public async Task AShardThatIsOpen_KeepsTheStreamOpen_UntilItIsGivenBack()
    {
        await using var world = NewWorld();
        var (silo, hosted) = (await world.StartAsync(), 0);
        // Looked at while a call is under way: after the put the silo may close the stream at any time.
        world.Kinesis.BeforePut = (_, _) =>
        {
            hosted = silo.Node.Hosted.CountOf(NodeWorld.Stream);
            return ValueTask.CompletedTask;
        };
        await PutAsync(silo, 0);
        Assert.NotEqual(0, hosted);
        await Waiting.UntilAsync(() => silo.Node.Hosted.Count == 0 && silo.Node.Producer.Find(NodeWorld.Stream) is null);

        var shard = new ShardKey(NodeWorld.Stream, world.Kinesis.Shards[0].ShardId);
        var answer = await world.Directory.For(silo).LocateAsync(shard).WaitAsync(Waiting.Long);
        Assert.True(answer.IsOpen);
    }

    /// <summary>Under the silos' own limit: it closes in all of them, no sooner.</summary>
    [Fact]
    public async Task AStream_ClosesAfterTenMinutes_AndTheNextPutOpensItAgain()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(Shards) { Time = time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await world.PassAsync(silos[0].DeliverAsync(InARound));
        var nine = time.GetTimestamp() + TimeSpan.FromMinutes(9).Ticks;
        await time.PassUntilAsync(() => time.GetTimestamp() >= nine, TimeSpan.FromSeconds(5));
        Assert.All(silos, static s => Assert.NotNull(s.Node.Producer.Find(NodeWorld.Stream)));
        Assert.Equal(Shards, silos.Sum(static s => s.Node.Hosted.Count));

        var before = time.GetTimestamp();
        await time.PassUntilAsync(() => silos.All(IsClosed), TimeSpan.FromSeconds(1));
        // A stream is looked at a few times within its limit. Time goes on while threads are held up, so this says no more than that it was not late by far.
        Assert.InRange(time.GetElapsedTime(before), TimeSpan.Zero, StreamIdling.Limit);

        await world.PassAsync(silos[1].DeliverAsync(InARound, first: InARound));
        Assert.Equal(Shards, silos.Sum(static s => s.Node.Hosted.Count));
        Assert.Equal(2 * InARound, silos.Sum(static s => s.Node.Producer.ReadLedger().Delivered));
        Assert.Equal(2 * InARound, world.Kinesis.Records.Count(static r => r.VisibleToKcl));
    }

    private static NodeWorld NewWorld(Action<KplOptions>? configure = null, TimeSpan? limit = null, SharedStores? backlog = null) =>
        new(Shards, configure) { IdleLimit = limit ?? NodeWorld.ShortIdleLimit, Backlog = backlog };

    private static async Task<RecordResult[]> PutAsync(WorldSilo silo, int first)
    {
        UserRecord[] records = [.. Enumerable.Range(first, InARound).Select(static i => Record($"key-{i % Keys}", i))];
        return await silo.Node.Producer.PutAsync(NodeWorld.Stream, records).AsTask().WaitAsync(Waiting.Long);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseOnceAsync(WorldSilo silo)
    {
        await PutAsync(silo, 0);
        return new WeakReference(silo.Node.Producer.Find(NodeWorld.Stream)!);
    }

    private static UserRecord Record(string key, int number) => new(key, System.Text.Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    private static Task UntilClosedAsync(WorldSilo[] silos) => Waiting.UntilAsync(() => silos.All(IsClosed));

    private static bool IsClosed(WorldSilo silo) =>
        silo.Node.Producer.Find(NodeWorld.Stream) is null && silo.Node.Producer.OwnersOf(NodeWorld.Stream) is null && silo.Node.Hosted.Count == 0;

    private static void AssertInOrder(NodeWorld world) => Assert.All(
        Visible(world).GroupBy(static r => r.Key, static r => r.Number), static numbers => Assert.Equal(numbers.Order(), numbers));

    private static List<(string Key, int Number)> Visible(NodeWorld world) =>
        [.. world.Kinesis.Records.Where(static r => r.VisibleToKcl).Select(static r => (r.Key, int.Parse(r.Data, CultureInfo.InvariantCulture)))];
}

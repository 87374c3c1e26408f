using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>
/// Records of another silo: each frame once, and rubbish not at all. Records without linger that wait for the first shard map are routed one by one, so
/// tests that count Kinesis records start with a map.
/// </summary>
public sealed class InboxTests
{
    private readonly FakeLink _origin = new();

    [Fact]
    public async Task TryTake_TheSameFrameTwice_TakesItOnce()
    {
        await using var harness = new LinkHarness();
        var inbox = Inbox(harness, new FairMemory(1 << 20, 0));
        Assert.True(inbox.TryTake(Frame(10, first: 0)));
        Assert.True(inbox.TryTake(Frame(10, first: 0)));
        Assert.True(inbox.TryTake(Frame(10, first: 10)));
        await Waiting.UntilAsync(() => _origin.Told.Count == 20);
        // Ended: what comes late is known to be over.
        Assert.True(inbox.TryTake(Frame(10, first: 20, endedBefore: 20)));
        Assert.True(inbox.TryTake(Frame(10, first: 0)));
        await Waiting.UntilAsync(() => _origin.Told.Count >= 30 && inbox.Outcomes.IsEmpty);

        Assert.Equal(Enumerable.Range(0, 30).Select(i => (long)i), _origin.Told.Select(static t => t.Number).Order());
        Assert.Equal(default, harness.Ledger);
    }

    /// <summary>A backlog may keep records for longer than an owner may try.</summary>
    [Fact]
    public async Task TryTake_ARecordOfABacklogThatKeepsItForAYear_IsTaken()
    {
        await using var harness = new LinkHarness();
        var inbox = Inbox(harness, new FairMemory(1 << 20, 0));
        var queue = new FrameQueue();
        queue.Add(new StoredRecords().Next(harness.Pipeline, "key", TimeSpan.FromDays(365)));
        var queued = queue.Take()!;
        var terms = queued.TermsAt(harness.Pipeline.Clock.Now);
        Assert.InRange(terms[1], TimeSpan.FromDays(20).Ticks, RecordsFrame.LongestTerm);
        Assert.True(inbox.TryTake(new RecordsFrame(LinkHarness.There, LinkHarness.Stream, 0, 0, queued.Bytes, terms)));
        await Waiting.UntilAsync(() => _origin.Told.Count == 1);
    }

    /// <summary>Their caller wants that, or a wrong shard took them: the silo that accepted them says so, because the owner knows no attempt.</summary>
    [Theory]
    [InlineData(RecordsFrame.OfItsOwn)]
    [InlineData(RecordsFrame.Alone)]
    public async Task TryTake_RecordsThatGoAlone_AreEachAKinesisRecord(long how)
    {
        await using var harness = await LinkHarness.StartAsync();
        var inbox = Inbox(harness, new FairMemory(1 << 20, 0));
        var frame = Frame(10, first: 0);
        long[] terms = [4, TimeSpan.TicksPerMinute, 1, 6, TimeSpan.TicksPerMinute, RecordsFrame.WithoutLinger | how];
        Assert.True(inbox.TryTake(Like(frame, frame.Records, terms)));
        await Waiting.UntilAsync(() => _origin.Told.Count == 10);

        Assert.Equal(1 + 6, harness.Kinesis.Calls.Sum());
        Assert.Single(_origin.Told.Where(static t => t.Number < 4).Select(static t => t.Result.SequenceNumber).Distinct());
    }

    /// <summary>
    /// Somebody else's reshard sends all that is in flight back. Alone, the records of an ordered shard would wait for a round trip each: for many seconds.
    /// </summary>
    [Fact]
    public async Task TryTake_RecordsThatOneWrongShardTook_JoinAnAggregateAndGoAloneAfterOneMore()
    {
        await using var harness = await LinkHarness.StartAsync();
        var inbox = Inbox(harness, new FairMemory(1 << 20, 0));
        var frame = Frame(10, first: 0);
        Assert.True(inbox.TryTake(Like(frame, frame.Records, [10, TimeSpan.TicksPerMinute, RecordsFrame.WithoutLinger | RecordsFrame.Strayed])));
        await Waiting.UntilAsync(() => _origin.Told.Count == 10);

        Assert.Equal(1, harness.Kinesis.Calls.Sum());
        var wrongShards = RecordsFrame.WrongShardsOf(RecordsFrame.Strayed);
        var sink = new SingleOutcome(new AcceptanceTerms(new FlushBarrier().Enter(1), 0, 1, Immediate: true, WrongShards: wrongShards));
        Assert.False(sink.GoesAloneAfter(new AttemptChain().Then(new Attempt { ErrorCode = RecordErrorCodes.Throttled })));
        Assert.True(sink.GoesAloneAfter(new AttemptChain().Then(new Attempt { ErrorCode = RecordErrorCodes.WrongShard })));
    }

    [Fact]
    public async Task TryTake_WithoutRoom_TakesNothingUntilThereIsSome()
    {
        await using var harness = new LinkHarness();
        var memory = new FairMemory(5_000, 0);
        Assert.True(memory.TryReserve(5_000, 1));
        var inbox = Inbox(harness, memory);
        Assert.False(inbox.TryTake(Frame(10, first: 0)));
        memory.Release(5_000, 1);
        Assert.True(inbox.TryTake(Frame(10, first: 0)));
        await Waiting.UntilAsync(() => _origin.Told.Count == 10);
        Assert.Equal((0, 0), (memory.Records, memory.Bytes));
    }

    [Fact]
    public async Task TryTake_ALargeRecord_NeedNotFindAsMuchRoom()
    {
        await using var harness = new LinkHarness();
        var memory = new FairMemory(100_000, 0);
        Assert.True(memory.TryReserve(50_000, 1));
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("key", new byte[70_000], HashKey.OfPartitionKey("key"u8)));
        var inbox = Inbox(harness, memory);
        Assert.True(inbox.TryTake(Like(Frame(1, first: 0), writer.ToArray(), [1, TimeSpan.TicksPerMinute, 1])));
        await Waiting.UntilAsync(() => _origin.Told.Count == 1);
        Assert.Equal((1, 50_000), (memory.Records, memory.Bytes));
    }

    /// <summary>A copy that was under way for long. Its records have ended where they were accepted, which the owner hears of only later.</summary>
    [Fact]
    public async Task TryTake_AFrameWhoseRecordsHaveEnded_IsNeverTakenAsNew()
    {
        await using var harness = new LinkHarness();
        var memory = new FairMemory(5_000, 0);
        var inbox = Inbox(harness, memory);
        Assert.True(inbox.TryTake(Frame(10, first: 0, endedBefore: 10)));
        Assert.Equal((0, 0), (memory.Records, memory.Bytes));
        Assert.True(memory.TryReserve(5_000, 1));
        // There is no memory for this one, and yet it tells which ones are over.
        Assert.False(inbox.TryTake(Frame(10, first: 30, endedBefore: 30)));
        memory.Release(5_000, 1);
        Assert.True(inbox.TryTake(Frame(10, first: 20)));
        Assert.Equal((0, 0), (memory.Records, memory.Bytes));
        Assert.True(inbox.TryTake(Frame(10, first: 30, endedBefore: 30)));
        await Waiting.UntilAsync(() => _origin.Told.Count >= 10 && inbox.Outcomes.IsEmpty);

        Assert.Equal(Enumerable.Range(30, 10).Select(i => (long)i), _origin.Told.Select(static t => t.Number).Order());
    }

    [Fact]
    public async Task TryTake_Rubbish_ThrowsAndTakesNothing()
    {
        await using var harness = new LinkHarness();
        var memory = new FairMemory(1 << 20, 0);
        var inbox = Inbox(harness, memory);
        var good = Frame(10, first: 0);
        var withoutHashes = new PackedRecordsWriter();
        withoutHashes.TryAdd("key", "data"u8);
        RecordsFrame[] rubbish =
        [
            Like(good, [], good.Terms), Like(good, [9, 9, 9], good.Terms), Like(good, good.Records[..^1], good.Terms),
            Like(good, withoutHashes.ToArray(), [1, 1, 0]), Like(good, good.Records, []), Like(good, good.Records, [11, 1, 0]),
            Like(good, good.Records, [10, -1, 0]), Like(good, good.Records, [10, long.MaxValue, 0]), Like(good, good.Records, [10, 1]),
            Like(good, good.Records, [long.MaxValue, 1, 0, long.MaxValue, 1, 0, 12, 1, 0]),
        ];

        Assert.All(rubbish, frame => Assert.Throws<PackedFormatException>(() => inbox.TryTake(frame)));
        Assert.Equal((0, 0), (memory.Records, memory.Bytes));
        Assert.True(inbox.TryTake(good));
        await Waiting.UntilAsync(() => _origin.Told.Count == 10);
    }

    /// <summary>Review S22: consumers drop a whole aggregate in which one record belongs to another shard.</summary>
    [Fact]
    public async Task TryTake_AFirstHashKeyThatIsNotItsPartitionKeys_IsRefusedAndThenEveryRecordIsLookedAt()
    {
        await using var harness = new LinkHarness();
        var inbox = Inbox(harness, new FairMemory(1 << 20, 0));
        Assert.Throws<PackedFormatException>(() => inbox.TryTake(WithWrongHash(10, at: 0)));
        // The same frame comes again and again: another record being due must not let it in.
        Assert.Throws<PackedFormatException>(() => inbox.TryTake(WithWrongHash(10, at: 0)));
        Assert.Throws<PackedFormatException>(() => inbox.TryTake(WithWrongHash(10, at: 7)));
        Assert.True(inbox.TryTake(Frame(10, first: 0)));
        await Waiting.UntilAsync(() => _origin.Told.Count == 10);
    }

    [Fact]
    public async Task TryTake_HashKeysThatTurnWrong_AreFoundWithinARecordOfEach1024()
    {
        await using var harness = new LinkHarness();
        var inbox = Inbox(harness, new FairMemory(1 << 24, 0));
        var taken = 0;
        for (; taken < HashSample.Every - 10; taken += 10)
            Assert.True(inbox.TryTake(Frame(10, taken)));
        // The first record is looked at, and then the 1,025th.
        Assert.Throws<PackedFormatException>(() => inbox.TryTake(WithWrongHash(10, at: HashSample.Every - taken, taken)));
        await Waiting.UntilAsync(() => _origin.Told.Count == taken);
    }

    /// <summary>A caller may give a record any hash key.</summary>
    [Fact]
    public async Task TryTake_AnExplicitHashKey_IsNotComparedWithThePartitionKey()
    {
        await using var harness = new LinkHarness();
        var inbox = Inbox(harness, new FairMemory(1 << 20, 0));
        Assert.True(inbox.TryTake(WithWrongHash(1, at: 0, isExplicit: true)));
        await Waiting.UntilAsync(() => _origin.Told.Count == 1);
    }

    [Fact]
    public async Task TryTake_DamagedFrames_AreTakenOrRefusedAndNothingIsLeft()
    {
        await using var harness = new LinkHarness();
        var memory = new FairMemory(1 << 24, 0);
        var inbox = Inbox(harness, memory);
        var random = new Random(7);
        var taken = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var good = Frame(5, first: i * 5);
            byte[] bytes = [.. good.Records];
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                Assert.True(inbox.TryTake(Like(good, bytes, good.Terms)));
                taken += 5;
            }
            catch (PackedFormatException)
            {
                // Refused whole.
            }
        }

        await Waiting.UntilAsync(() => _origin.Told.Count == taken);
        Assert.NotEqual(0, taken);
        Assert.Equal((0, 0), (memory.Records, memory.Bytes));
    }

    private OpenInbox Inbox(LinkHarness harness, FairMemory memory)
    {
        harness.Pipeline.Shards.Open(FakeKinesis.FirstShard, null);
        var outcomes = new OutcomeOutbox(LinkHarness.Here, LinkHarness.Stream, LinkHarness.There, _origin, TimeProvider.System, NullLogger.Instance);
        return new OpenInbox(harness.Pipeline, outcomes, new FairMemory(long.MaxValue, 0, memory));
    }

    private static RecordsFrame Frame(int count, long first, long endedBefore = 0) => Frame(count, first, endedBefore, static _ => false);

    private static RecordsFrame WithWrongHash(int count, int at, long first = 0, bool isExplicit = false) => Frame(count, first, 0, i => i == at, isExplicit);

    private static RecordsFrame Frame(int count, long first, long endedBefore, Predicate<int> isWrong, bool isExplicit = false)
    {
        var writer = new PackedRecordsWriter();
        for (var i = 0; i < count; i++)
        {
            var hashKey = isWrong(i) ? 17 : HashKey.OfPartitionKey(System.Text.Encoding.UTF8.GetBytes($"key-{i}"));
            Assert.True(writer.TryAdd($"key-{i}", "data"u8, hashKey, isExplicit));
        }

        return new RecordsFrame(LinkHarness.There, LinkHarness.Stream, first, endedBefore, writer.ToArray(), [count, TimeSpan.TicksPerMinute, 1]);
    }

    private static RecordsFrame Like(RecordsFrame frame, byte[] records, long[] terms) =>
        new(frame.Origin, frame.Stream, frame.First, frame.EndedBefore, records, terms);
}

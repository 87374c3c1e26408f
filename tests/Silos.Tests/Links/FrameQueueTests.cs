using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>Records in line, packed while they wait, and the producer numbers that they have on their way between silos.</summary>
/// <remarks>Tests <see cref="FrameQueue"/> and <see cref="OutgoingFrame"/>.</remarks>
public sealed class FrameQueueTests
{
    [Fact]
    public void Take_ReturnsRecordsInOrderInMessagesOfAtMost64KB()
    {
        var queue = new FrameQueue();
        for (var i = 0; i < 300; i++)
            Add(queue, i, bytes: 1_000);
        var (keys, frames) = (new List<string>(), new List<OutgoingFrame>());
        while (queue.Take() is { } frame)
        {
            frames.Add(frame);
            keys.AddRange(Enumerable.Range(0, frame.Count).Select(place => frame.RecordAt(place).PartitionKey));
        }

        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"key-{i}"), keys);
        Assert.All(frames, f => Assert.InRange(f.Bytes.Length, 1, PackedRecordsWriter.DefaultMaxBytes));
        Assert.InRange(frames.Count, 5, 7);
        Assert.True(queue.IsEmpty);
    }

    /// <summary>Each queue that had records at one instant left its buffers behind for good.</summary>
    [Fact]
    public void Take_OfVeryManyQueues_KeepsTheBuffersOfSome()
    {
        FrameQueue[] queues = [.. Enumerable.Range(0, FrameQueue.MostKept + 50).Select(static _ => new FrameQueue())];
        foreach (var queue in queues)
            Add(queue, 0, bytes: 10);
        foreach (var queue in queues)
            queue.TakeAll();

        Assert.InRange(FrameQueue.Kept, 1, FrameQueue.MostKept);
    }

    [Fact]
    public void Add_OneLargerThanAMessage_GoesAlone()
    {
        var queue = new FrameQueue();
        Add(queue, 0, bytes: 10);
        Add(queue, 1, bytes: 200_000);
        Add(queue, 2, bytes: 10);
        Assert.Equal([1, 1, 1], queue.TakeAll().Select(f => f.Count));
    }

    [Fact]
    public void Add_OfAPackedFrame_KeepsItsPlace()
    {
        var queue = new FrameQueue();
        Add(queue, 0, bytes: 10);
        var other = new FrameQueue();
        Add(other, 1, bytes: 10);
        var packed = other.Take()!;
        Add(queue, 2, bytes: 10);
        queue.Add(packed);
        Add(queue, 3, bytes: 10);

        var keys = queue.TakeAll().SelectMany(static f => Enumerable.Range(0, f.Count).Select(i => f.RecordAt(i).PartitionKey));
        Assert.Equal(["key-0", "key-2", "key-1", "key-3"], keys);
        Assert.Null(queue.Take());
    }

    /// <summary>The owner that it goes to knows none of its attempts, and would have two more wrong shards take it.</summary>
    [Theory]
    [InlineData(RecordErrorCodes.WrongShard, 1, RecordsFrame.WithoutLinger | RecordsFrame.Strayed)]
    [InlineData(RecordErrorCodes.WrongShard, 2, RecordsFrame.WithoutLinger | RecordsFrame.Alone)]
    [InlineData(RecordErrorCodes.Throttled, 2, RecordsFrame.WithoutLinger)]
    public async Task TermsAt_OfARecordThatCameBack_SayHowOftenWrongShardsTookIt(string code, int attempts, long how)
    {
        await using var harness = new LinkHarness();
        var queue = new FrameQueue();
        var record = new StoredRecords().Next(harness.Pipeline, "key", TimeSpan.FromMinutes(1));
        queue.Add(record);
        var attempt = new Attempt { ErrorCode = code };
        var history = Enumerable.Range(1, attempts - 1).Aggregate(new AttemptChain().Then(attempt), (earlier, _) => earlier.Then(attempt));
        queue.Add(record with { History = history, IsDueAtOnce = true });
        var terms = queue.Take()!.TermsAt(harness.Pipeline.Clock.Now);

        Assert.Equal(2 * RecordsFrame.TermLength, terms.Length);
        Assert.Equal((1L, 0L, 1L, how), (terms[0], terms[2], terms[3], terms[5]));
    }

    [Fact]
    public void TermsAt_OfRecordsWhoseCallerWantsThemAlone_SaySo()
    {
        var queue = new FrameQueue();
        foreach (var isAlone in (bool[])[false, true, true])
            Add(queue, null, isAlone);

        Assert.Equal([1, TimeSpan.TicksPerMinute, 0, 2, TimeSpan.TicksPerMinute, RecordsFrame.OfItsOwn], queue.Take()!.TermsAt(0));
    }

    [Fact]
    public void Add_WhereTheSiloGivesNumbers_EachRecordHasItsOwn_AndKeepsTheOneItHas()
    {
        var queue = new FrameQueue(new NumberLine(new ProducerNumbers(new Random(1), TimeProvider.System).NewLine));
        var known = new ProducerNumber(7, 8, 9);
        Add(queue, null);
        Add(queue, known);
        Add(queue, null);
        var frame = queue.Take()!;
        var numbers = Enumerable.Range(0, 3).Select(frame.NumberAt).ToArray();
        Assert.Equal([0, 9, 1], numbers.Select(static n => n!.Value.Number));
        Assert.Equal(known, numbers[1]);
        Assert.Equal(PackedRecords.NumberedFormat, frame.Bytes[0]);

        // What comes back from an owner goes on with its number, into the backlog and to the next owner.
        var again = new FrameQueue(new NumberLine(new ProducerNumbers(new Random(2), TimeProvider.System).NewLine));
        frame.ForEach((in IncomingRecord record) => again.Add(record));
        var next = again.Take()!;
        Assert.Equal(numbers, Enumerable.Range(0, 3).Select(next.NumberAt));
        var failed = RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "late", null);
        Assert.Equal(numbers, Enumerable.Range(0, 3).Select(place => next.OutcomeOf(place, failed).Number));
    }

    /// <summary>Numbers are told with the time at which they were given, or later: a frame has one time for all of them.</summary>
    [Fact]
    public void Add_WhereTheSiloGivesNumbers_LooksAtTheClockOnceAFrame()
    {
        var time = new CountingTime();
        var given = new ProducerNumbers(new Random(1), time);
        var queue = new FrameQueue(new NumberLine(given.NewLine));
        var before = time.Looks;
        for (var i = 0; i < 1_000; i++)
            Add(queue, null);
        Assert.NotNull(queue.Take());
        Assert.Equal(1, time.Looks - before);
        Assert.True(ProducerNumber.TryParse(Assert.Single(given.Last).ProducerNumber, out var last));
        Assert.Equal(999, last.Number);
    }

    [Fact]
    public void Add_WhereTheOwnerGivesNumbers_NoByteChanges()
    {
        var queue = new FrameQueue();
        Add(queue, null);
        var frame = queue.Take()!;
        Assert.Equal(PackedRecords.Format, frame.Bytes[0]);
        Assert.Null(frame.NumberAt(0));
    }

    private static void Add(FrameQueue queue, int number, int bytes)
    {
        var key = System.Text.Encoding.UTF8.GetBytes($"key-{number}");
        queue.Add(new IncomingRecord { PartitionKey = key, HashKey = (UInt128)number, HasExplicitHashKey = false, Data = new byte[bytes], Member = Member() });
    }

    private static void Add(FrameQueue queue, ProducerNumber? number, bool isAlone = false)
    {
        queue.Add(new IncomingRecord
        {
            PartitionKey = "key"u8, HashKey = HashKey.OfPartitionKey("key"u8), HasExplicitHashKey = false, Data = "data"u8, Member = Member(isAlone),
            Number = number,
        });
    }

    private static MemberRef Member(bool isAlone = false) =>
        new(new SingleOutcome(new AcceptanceTerms(new FlushBarrier().Enter(1), 0, TimeSpan.TicksPerMinute, Immediate: false, IsAlone: isAlone)), 0);

    private sealed class CountingTime : TimeProvider
    {
        public int Looks { get; private set; }

        public override DateTimeOffset GetUtcNow()
        {
            Looks++;
            return DateTimeOffset.UnixEpoch;
        }
    }
}

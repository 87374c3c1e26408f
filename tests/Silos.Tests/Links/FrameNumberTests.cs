using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Hashing;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>Producer numbers of records on their way between silos.</summary>
/// <remarks>Tests <see cref="QueuedFrame"/>.</remarks>
public sealed class FrameNumberTests
{
    [Fact]
    public void Add_WhereTheSiloGivesNumbers_EachRecordHasItsOwn_AndKeepsTheOneItHas()
    {
        var queue = new FrameQueue(new NumberLine(new ProducerNumbers(new Random(1))));
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
        var again = new FrameQueue(new NumberLine(new ProducerNumbers(new Random(2))));
        frame.ForEach((in IncomingRecord record) => again.Add(record));
        var next = again.Take()!;
        Assert.Equal(numbers, Enumerable.Range(0, 3).Select(next.NumberAt));
        var failed = RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "late", null);
        Assert.Equal(numbers, Enumerable.Range(0, 3).Select(place => ForwardedOutcomes.Of(next, place, failed).Number));
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

    private static void Add(FrameQueue queue, ProducerNumber? number)
    {
        var sink = new SingleOutcome(new AcceptanceTerms(new FlushBarrier().Enter(1), 0, TimeSpan.TicksPerMinute, Immediate: false));
        queue.Add(new IncomingRecord
        {
            PartitionKey = "key"u8, HashKey = HashKey.OfPartitionKey("key"u8), HasExplicitHashKey = false, Data = "data"u8, Member = new MemberRef(sink, 0),
            Number = number,
        });
    }
}

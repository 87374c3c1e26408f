using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Collecting;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Tests.Road.Collecting;

public sealed class BatchCollectorTests
{
    [Fact]
    public void Cut_CountsPayloadAndPartitionKey()
    {
        var collector = new BatchCollector(new CollectionLimits(500, 300));
        collector.Add(Record(keyLength: 10, dataLength: 90, deadline: 5));
        collector.Add(Record(10, 90, 6));
        collector.Add(Record(10, 90, 7));
        collector.Add(Record(10, 90, 8));

        var call = collector.Cut(300);

        Assert.Equal(3, call.Count);
        Assert.Equal(8, collector.EarliestDeadline);
    }

    [Fact]
    public void Cut_RecordLargerThanACall_GoesAlone()
    {
        var collector = new BatchCollector(new CollectionLimits(500, 1_000));
        collector.Add(Record(1, 5_000, 0));
        collector.Add(Record(1, 10, 0));
        Assert.True(collector.IsFull);

        var call = collector.Cut(1_000);

        Assert.Equal(5_001, Assert.Single(call).Size);
    }

    [Fact]
    public void EarliestDeadline_OfNothing_IsNever()
    {
        var collector = new BatchCollector(new CollectionLimits(500, 1_000));
        Assert.Equal(long.MaxValue, collector.EarliestDeadline);
        collector.Add(Record(1, 1, 3));
        Assert.Equal(3, collector.EarliestDeadline);

        collector.Cut(1_000);

        Assert.True(collector.IsEmpty);
        Assert.Equal(long.MaxValue, collector.EarliestDeadline);
    }

    [Fact]
    public void Cut_TakesEveryRecordOnceInOrderWithinTheLimits()
    {
        var sizes = Gen.ListOf(Gen.Choose(0, 400)).SelectMany(s => Gen.Choose(1, 20).Select(count => (Sizes: s, Count: count)));
        Prop.ForAll(Arb.From(sizes), load =>
        {
            var collector = new BatchCollector(new CollectionLimits(load.Count, 1_000));
            var records = load.Sizes.Select(s => Record(3, s, 0)).ToList();
            records.ForEach(collector.Add);
            var cut = new List<KinesisRecord>();
            while (!collector.IsEmpty)
            {
                var call = collector.Cut(1_000);
                Assert.InRange(call.Count, 1, load.Count);
                Assert.True(call.Count == 1 || call.Sum(r => r.Size) <= 1_000);
                cut.AddRange(call);
            }

            Assert.Equal(records, cut);
        }).QuickCheckThrowOnFailure();
    }

    private static KinesisRecord Record(int keyLength, int dataLength, long deadline)
    {
        var builder = new AggregateBuilder(PipelineSettings.Alone);
        builder.TryAdd(new byte[keyLength], 1, false, new byte[dataLength]);
        return new KinesisRecord(null!, builder.Close(), [], new SharedOutcome(), null) { Charge = 0, DataBytes = 0, OldestAcceptedAt = 0, ExpiresAt = 0,
            Deadline = deadline };
    }
}

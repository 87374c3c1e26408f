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
    public void EarliestDeadline_IsThatOfWhatWaits_AndOfNothingNever()
    {
        var collector = new BatchCollector(new CollectionLimits(1, 1_000));
        Assert.Equal(long.MaxValue, collector.EarliestDeadline);
        collector.Add(Record(1, 1, 3));
        collector.Add(Record(1, 1, 8));
        Assert.Equal(3, collector.EarliestDeadline);

        collector.Cut(1_000);
        Assert.Equal(8, collector.EarliestDeadline);
        collector.Cut(1_000);
        Assert.Equal((true, long.MaxValue), (collector.IsEmpty, collector.EarliestDeadline));
    }

    /// <summary>Size is payload and partition key; a record that is larger than a call goes alone.</summary>
    [Fact]
    public void Cut_TakesEveryRecordOnceInOrder_AsManyAsTheLimitsAllow()
    {
        var size = Gen.OneOf(Gen.Choose(0, 400), Gen.Choose(800, 1_100));
        var loads = Gen.ListOf(size).SelectMany(sizes => Gen.Choose(1, 20).Select(count => (Sizes: sizes, Count: count)));
        Prop.ForAll(Arb.From(loads), load =>
        {
            var collector = new BatchCollector(new CollectionLimits(load.Count, 1_000));
            var records = load.Sizes.Select(s => Record(3, s, 0)).ToList();
            records.ForEach(collector.Add);
            Assert.Equal(records.Count >= load.Count || records.Sum(static r => r.Size) >= 1_000, collector.IsFull);
            var cut = new List<KinesisRecord>();
            while (!collector.IsEmpty)
            {
                var call = collector.Cut(1_000);
                var bytes = call.Sum(static r => r.Encoded.Length + 3);
                Assert.InRange(call.Count, 1, load.Count);
                Assert.True(call.Count == 1 || bytes <= 1_000);
                cut.AddRange(call);
                Assert.True(collector.IsEmpty || call.Count == load.Count || bytes + records[cut.Count].Size > 1_000, "the call had room for the next record");
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

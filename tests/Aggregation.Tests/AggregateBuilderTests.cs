using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Aggregation.Tests;

public class AggregateBuilderTests
{
    private static readonly AggregationLimits Limits = new(uint.MaxValue, 51_200);

    [Fact]
    public void Size_WhenEmpty_IsZero()
    {
        var builder = new AggregateBuilder(Limits);

        Assert.True(builder.IsEmpty);
        Assert.False(builder.IsFull);
        Assert.Equal(0, builder.Size);
        Assert.Throws<InvalidOperationException>(() => builder.Close());
    }

    [Fact]
    public void TryAdd_WhenCountIsReached_RefusesAndChangesNothing()
    {
        var builder = new AggregateBuilder(new AggregationLimits(2, 51_200));
        Assert.True(new TestRecord("a", null, "1").TryAddTo(builder));
        Assert.False(builder.IsFull);
        Assert.True(new TestRecord("b", null, "2").TryAddTo(builder));
        Assert.True(builder.IsFull);
        var size = builder.Size;

        Assert.False(new TestRecord("c", 9, "3").TryAddTo(builder));

        Assert.Equal(2, builder.Count);
        Assert.Equal(size, builder.Size);
        Assert.Equal(2, ProtobufDecoder.Decode(new ClosedAggregate(builder.Close()).Payload).Count);
    }

    [Fact]
    public void TryAdd_WhenItComesOutAtExactlyTheLimit_Takes()
    {
        TestRecord[] records = [new("a", 7, "first"), new("b", null, "second")];
        var builder = new AggregateBuilder(Limits);
        var size = ClosedAggregate.Of(builder, records).Payload.Length;

        var exact = new AggregateBuilder(new AggregationLimits(10, size));
        Assert.True(records[0].TryAddTo(exact));
        Assert.True(records[1].TryAddTo(exact));
        Assert.True(exact.IsFull);

        var tight = new AggregateBuilder(new AggregationLimits(10, size - 1));
        Assert.True(records[0].TryAddTo(tight));
        Assert.False(records[1].TryAddTo(tight));
        Assert.Equal(1, tight.Count);
        Assert.Equal("first", Encoding.UTF8.GetString(new ClosedAggregate(tight.Close()).Payload));
    }

    [Fact]
    public void TryAdd_WhenOneRecordIsOverTheLimit_TakesItAlone()
    {
        var builder = new AggregateBuilder(new AggregationLimits(10, 100));
        var giant = new TestRecord("giant", null, new byte[5_000]);

        Assert.True(giant.TryAddTo(builder));
        Assert.True(builder.IsFull);
        Assert.False(new TestRecord("b", null, "2").TryAddTo(builder));

        using var closed = new ClosedAggregate(builder.Close());
        Assert.Equal(giant.Data, closed.Payload);
        Assert.Equal("giant", closed.PartitionKey);
    }

    [Fact]
    public void Close_WhenTheKeyIsTheFirstMembers_SendsUnderIt()
    {
        var builder = new AggregateBuilder(Limits, containerKey: ContainerKey.First);

        using var closed = ClosedAggregate.Of(builder, new TestRecord("première", null, "1"), new TestRecord("b", null, "2"));

        Assert.Equal("première", closed.PartitionKey);
        Assert.Equal(2, ProtobufDecoder.Decode(closed.Payload).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Close_WhereRecordsNeverHaveCompany_HasOneBufferOfTheirSize(bool hasHashKey)
    {
        var builder = new AggregateBuilder(new AggregationLimits(1, 10 << 20));
        for (var i = 0; i < 3; i++)
        {
            var (key, data) = (Encoding.UTF8.GetBytes($"key-{i}"), Encoding.UTF8.GetBytes(new string('x', 100 + i)));
            Assert.True(builder.TryAdd(key, (UInt128)7, hasHashKey, data));
            Assert.True(builder.IsFull);
            Assert.Equal(data.Length, builder.Size);
            Assert.False(builder.TryAdd("other"u8, 8, hasHashKey, "more"u8));

            var closed = builder.Close();
            Assert.Equal(key, closed.PartitionKey.ToArray());
            Assert.Equal(data, closed.Payload.ToArray());
            Assert.Equal(((UInt128)7, (UInt128)7, (UInt128)7, hasHashKey), (closed.HashKey, closed.LowestHash, closed.HighestHash, closed.HasExplicitHashKey));
            Assert.Equal((1, false), (closed.Count, closed.NeedsTrailer));
            Assert.InRange(closed.Buffer.Length, key.Length + data.Length, 256);
            closed.Release();
            Assert.True(builder.IsEmpty);
        }
    }

    [Fact]
    public void Close_WhenAlwaysWrapped_MakesAnAggregateOfOne()
    {
        var builder = new AggregateBuilder(Limits, alwaysWrap: true);
        var record = new TestRecord("mine", 77, "data");
        Assert.True(record.TryAddTo(builder));
        var size = builder.Size;

        using var closed = new ClosedAggregate(builder.Close());

        Assert.Equal(size, closed.Payload.Length);
        Assert.Equal("a", closed.PartitionKey);
        Assert.Equal("77", closed.HashKey);
        Assert.Equal([record], ProtobufDecoder.Decode(closed.Payload));
    }

    [Fact]
    public void TryAdd_WhenThousandsOfKeysRepeat_KeepsEachOnce()
    {
        var builder = new AggregateBuilder(new AggregationLimits(uint.MaxValue, AggregationLimits.LargestMaxSize));
        var records = Enumerable.Range(0, 30_000).Select(i => new TestRecord($"key-{i % 7_000}", (UInt128)(i % 3_000), $"{i}")).ToArray();

        using var closed = ClosedAggregate.Of(builder, records);

        Assert.Equal(records, ProtobufDecoder.Decode(closed.Payload));
        var tags = ProtobufDecoder.Tags(closed.Payload);
        Assert.Equal((7_000, 3_000), (tags.Count(tag => tag == AggregateFormat.PartitionKeyTag), tags.Count(tag => tag == AggregateFormat.HashKeyTag)));
    }

    [Fact]
    public void Close_WhenRecordsAreRandom_IsWhatProtobufReadsAndItsSizeWasExact() => Prop.ForAll(Generators.Records, records =>
    {
        var builder = new AggregateBuilder(Limits);
        var taken = new List<TestRecord>();
        foreach (var record in records)
        {
            var count = builder.Count;
            var size = builder.Size;
            if (record.TryAddTo(builder))
            {
                taken.Add(record);
                Assert.True(builder.Count == 1 || builder.Size <= Limits.MaxSize);
            }
            else
            {
                Assert.True(count > 0);
                Assert.Equal((count, size), (builder.Count, builder.Size));
                CloseAndCheck(builder, taken);
                taken = [record];
                Assert.True(record.TryAddTo(builder));
            }
        }
        if (!builder.IsEmpty)
            CloseAndCheck(builder, taken);
    }).QuickCheckThrowOnFailure();

    private static void CloseAndCheck(AggregateBuilder builder, List<TestRecord> records)
    {
        var size = builder.Size;
        var encoded = builder.Close();
        Assert.Equal(size, encoded.Length);
        Assert.Equal(records.Count, encoded.Count);
        Assert.Equal(records[0].RoutingHash, encoded.HashKey);
        Assert.Equal(records.Min(record => record.RoutingHash), encoded.LowestHash);
        Assert.Equal(records.Max(record => record.RoutingHash), encoded.HighestHash);
        Assert.Equal((records[0].ExplicitHashKey is not null, records.Count > 1), (encoded.HasExplicitHashKey, encoded.NeedsTrailer));
        using var closed = new ClosedAggregate(encoded);
        if (records.Count == 1)
        {
            Assert.Equal(records[0].Data, closed.Payload);
            Assert.Equal(records[0].PartitionKey, closed.PartitionKey);
        }
        else
        {
            Assert.Equal("a", closed.PartitionKey);
            Assert.Equal(records, ProtobufDecoder.Decode(closed.Payload));
        }
    }
}

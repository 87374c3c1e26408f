namespace Orleans.Kpl.Aggregation.Tests;

public class EncodedRecordTests
{
    private static readonly AggregationLimits Limits = new(uint.MaxValue, 51_200);
    private static readonly TestRecord[] Few = [new("first", null, "one"), new("second", 7, "two"), new("first", null, new byte[900])];

    [Theory]
    [InlineData(ContainerKey.A)]
    [InlineData(ContainerKey.First)]
    public void Tighten_OfAnAggregateThatLeftEarly_KeepsEveryByteInABufferHardlyLarger(ContainerKey containerKey)
    {
        var builder = AfterAFullOne(containerKey);
        using var expected = ClosedAggregate.Of(new AggregateBuilder(Limits, containerKey: containerKey), Few);
        var record = Close(builder, Few);
        Assert.True(record.Buffer.Length > 50_000);

        var tight = record.Tighten();

        Assert.InRange(tight.Buffer.Length, tight.Length, tight.Length * 3 / 2);
        using var closed = new ClosedAggregate(tight);
        Assert.Equal((expected.Hex, expected.PartitionKey, expected.HashKey), (closed.Hex, closed.PartitionKey, closed.HashKey));
        Assert.Equal(Few, ProtobufDecoder.Decode(closed.Payload));
    }

    [Fact]
    public void Tighten_OfALoneRecord_TakesItsKeyAlong()
    {
        var record = Close(AfterAFullOne(ContainerKey.A), new TestRecord("a key of its own", null, new byte[700]));

        var tight = record.Tighten();

        Assert.InRange(tight.Buffer.Length, 700, 1024);
        using var closed = new ClosedAggregate(tight);
        Assert.Equal("a key of its own", closed.PartitionKey);
        Assert.Equal(new byte[700], closed.Payload);
    }

    [Fact]
    public void Tighten_WhereTheBufferIsHardlyLarger_CopiesNothing()
    {
        // A buffer as the pool makes it for a full one; one that it has may be larger.
        var record = Close(AfterAFullOne(ContainerKey.A), Many()).MoveTo(new byte[57_344], 0, null);

        Assert.Same(record.Buffer, record.Tighten().Buffer);

        record.Release();
    }

    private static AggregateBuilder AfterAFullOne(ContainerKey containerKey)
    {
        var builder = new AggregateBuilder(Limits, containerKey: containerKey);
        Close(builder, Many()).Release();
        return builder;
    }

    private static TestRecord[] Many() => [.. Enumerable.Range(0, 50).Select(i => new TestRecord($"key {i}", null, new byte[1_000]))];

    private static EncodedRecord Close(AggregateBuilder builder, params TestRecord[] records)
    {
        foreach (var record in records)
            Assert.True(record.TryAddTo(builder));
        return builder.Close();
    }
}

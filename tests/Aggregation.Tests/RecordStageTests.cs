namespace Orleans.Kpl.Aggregation.Tests;

/// <summary>Small records of an open aggregate, until they are handed to the builder.</summary>
public sealed class RecordStageTests
{
    private static readonly AggregationLimits Limits = new(uint.MaxValue, 1 << 20);

    [Fact]
    public void MoveTo_GivesTheBuilderWhatItWouldHaveGotOneByOne()
    {
        TestRecord[] records = [.. Enumerable.Range(0, 200).Select(i => new TestRecord($"key-{i % 7}", i % 3 == 0 ? (UInt128)i : null, new byte[i]))];
        using var direct = ClosedAggregate.Of(new AggregateBuilder(Limits), records);
        var stage = default(RecordStage);
        foreach (var record in records)
            Assert.True(TryAdd(ref stage, record));
        Assert.Equal(records.Length, stage.Count);

        var builder = new AggregateBuilder(Limits);
        stage.MoveTo(builder);
        using var staged = new ClosedAggregate(builder.Close());

        Assert.Equal(direct.Hex, staged.Hex);
        Assert.Equal(0, stage.Count);
        stage.Release();
    }

    [Fact]
    public void TryAdd_BeyondItsBytes_RefusesAndKeepsWhatItHas()
    {
        var stage = default(RecordStage);
        var taken = 0;
        while (taken < 1_000 && TryAdd(ref stage, new TestRecord($"key-{taken}", null, new byte[RecordStage.LargestRecord])))
            taken++;

        Assert.InRange(taken, 100, 128);
        Assert.Equal(taken, stage.Count);
        var builder = new AggregateBuilder(Limits);
        stage.MoveTo(builder);
        Assert.Equal(taken, builder.Count);
        Assert.True(TryAdd(ref stage, new TestRecord("next", null, "data")));
        stage.Release();
    }

    [Fact]
    public void Release_AfterEverythingWasMoved_TakesRecordsAgain()
    {
        var stage = default(RecordStage);
        var builder = new AggregateBuilder(Limits);
        Assert.True(TryAdd(ref stage, new TestRecord("a", null, "1")));
        stage.MoveTo(builder);
        stage.Release();

        Assert.True(TryAdd(ref stage, new TestRecord("b", null, "2")));
        stage.MoveTo(builder);

        using var closed = new ClosedAggregate(builder.Close());
        Assert.Equal(["a", "b"], ProtobufDecoder.Decode(closed.Payload).Select(r => r.PartitionKey));
        stage.Release();
    }

    [Theory]
    [InlineData(1, 0, false)]
    [InlineData(256, 512, false)]
    [InlineData(1, 200, true)]
    [InlineData(256, 512, true)]
    public void MostBytesOf_IsNeverLessThanWhatARecordAdds(int keyLength, int dataLength, bool hasExplicitHashKey)
    {
        var builder = new AggregateBuilder(Limits);
        UInt128? hashKey = hasExplicitHashKey ? UInt128.MaxValue : null;
        Assert.True(new TestRecord("first", null, "data").TryAddTo(builder));
        Assert.True(new TestRecord("second", null, "data").TryAddTo(builder));
        var before = builder.Size;

        Assert.True(new TestRecord(new string('k', keyLength), hashKey, new byte[dataLength]).TryAddTo(builder));

        Assert.InRange(builder.Size - before, keyLength + dataLength, RecordStage.MostBytesOf(keyLength, hasExplicitHashKey, dataLength));
    }

    private static bool TryAdd(ref RecordStage stage, TestRecord record) =>
        stage.TryAdd(record.KeyBytes, record.RoutingHash, record.ExplicitHashKey is not null, record.Data);
}

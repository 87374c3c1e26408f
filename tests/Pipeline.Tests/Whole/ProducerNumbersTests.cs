namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>A stream without order whose records carry producer numbers: whatever is sent again, a consumer can tell.</summary>
/// <remarks>Tests <see cref="Pipeline.Road.Aggregating.OpenAggregate"/>.</remarks>
public sealed class ProducerNumbersTests
{
    /// <summary>A wrong shard takes aggregates that KCL drops: members of them that a consumer without the filter sees twice.</summary>
    [Fact]
    public async Task AWrongShardsCopies_HaveTheNumbersOfThoseThatCount()
    {
        await using var harness = Numbered(shards: 1);
        await PutAsync(harness, PipelineHarness.Records(1, 30));
        var records = PipelineHarness.Records(2_000);
        harness.Kinesis.Reshard(FakeKinesis.Even(4, 1));
        await PutAsync(harness, records);
        var all = harness.Kinesis.Records;
        Assert.Contains(all, static r => !r.VisibleToKcl);
        var filter = new DuplicateFilter();
        Assert.Equal(DataOf(records).Append("data-0-".PadRight(30, 'x')).Order(), all.Where(r => filter.IsNew(r.Number)).Select(static r => r.Data).Order());
    }

    [Theory]
    [InlineData(ContainerKey.A)]
    [InlineData(ContainerKey.First)]
    [InlineData(ContainerKey.SameKeyOnly)]
    public async Task ALoneRecord_IsAnAggregateOfOne(ContainerKey key)
    {
        PutRecordsEntry? sent = null;
        await using var harness = Numbered(configure: o => o.ContainerKey = key);
        harness.Kinesis.BeforePut = (entries, _) =>
        {
            sent = entries.Span[0] with { Data = entries.Span[0].Data.ToArray(), PartitionKey = entries.Span[0].PartitionKey.ToArray() };
            return ValueTask.CompletedTask;
        };
        await PutAsync(harness, [new UserRecord("lone", "x"u8.ToArray())]);
        var entry = Assert.NotNull(sent);
        var record = Assert.Single(Aggregates.Read(entry.Data, "a"));
        Assert.True(record is { IsMember: true, PartitionKey: "lone", ProducerNumber: { Line: > 0, Number: 0 } });
        Assert.Equal(key == ContainerKey.A ? "a" : "lone", Encoding.UTF8.GetString(entry.PartitionKey.Span));
    }

    [Fact]
    public async Task WithoutTheSetting_NoRecordHasANumber_AndALoneOneIsPlain()
    {
        await using var harness = new PipelineHarness();
        await PutAsync(harness, PipelineHarness.Records(100));
        await PutAsync(harness, [new UserRecord("lone", "x"u8.ToArray())]);
        Assert.All(harness.Kinesis.Records, static r => Assert.Null(r.Number));
    }

    /// <summary>The largest record still fits with its wrapper, its number and its partition key, which may be there twice.</summary>
    [Theory]
    [InlineData(ContainerKey.A, 'k', 160)]
    [InlineData(ContainerKey.First, '€', 160 + 767)]
    [InlineData(ContainerKey.SameKeyOnly, 'k', 160 + 767)]
    public async Task TheLargestRecord_FitsWithItsNumber(ContainerKey containerKey, char letter, int less)
    {
        await using var harness = Numbered(configure: o => o.ContainerKey = containerKey);
        harness.Kinesis.BeforePut = static (entries, _) =>
        {
            Assert.InRange(entries.Span[0].Data.Length + entries.Span[0].PartitionKey.Length, 1, 1 << 20);
            return ValueTask.CompletedTask;
        };
        var key = new string(letter, 256);
        var data = new byte[(1 << 20) - less - Encoding.UTF8.GetByteCount(key)];
        var result = (await harness.DriveAsync(harness.Producer.PutAsync(
            PipelineHarness.Stream, new UserRecord[] { new(key, data, UInt128.MaxValue) }).AsTask()))[0];
        Assert.Equal(RecordStatus.Delivered, result.Status);
        var larger = (await harness.DriveAsync(harness.Producer.PutAsync(
            PipelineHarness.Stream, new UserRecord[] { new(key, new byte[data.Length + 1], UInt128.MaxValue) }).AsTask()))[0];
        Assert.Equal(RecordErrorCodes.RecordTooLarge, larger.ErrorCode);
    }

    private static PipelineHarness Numbered(int shards = 4, Action<KplOptions>? configure = null) => new(shards, o =>
    {
        o.ProducerNumbers = true;
        o.RecordTtl = TimeSpan.FromMinutes(5);
        configure?.Invoke(o);
    });

    private static IEnumerable<string> DataOf(IEnumerable<UserRecord> records) => records.Select(static r => Encoding.UTF8.GetString(r.Data.Span));

    private static async Task PutAsync(PipelineHarness harness, UserRecord[] records)
    {
        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask());
        Assert.All(results, static r => Assert.Equal(RecordStatus.Delivered, r.Status));
    }
}

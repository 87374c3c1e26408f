using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

/// <summary>An aggregate under the key of its first member: that key counts wherever the one byte of <c>a</c> does.</summary>
/// <remarks>Tests <see cref="Pipeline.Road.Aggregating.OpenAggregate"/> and <see cref="SettingsReading"/>.</remarks>
public sealed class ContainerKeyTests
{
    private static readonly string Key = new('k', 36);

    /// <summary>One byte was taken for the key, whatever it was.</summary>
    [Theory]
    [InlineData(ContainerKey.A, 1)]
    [InlineData(ContainerKey.First, 36)]
    [InlineData(ContainerKey.SameKeyOnly, 36)]
    public void Send_AnOpenAggregate_TakesTheTokensThatTheShardCounts(ContainerKey containerKey, int bytes)
    {
        var harness = new EngineHarness(o => o.ContainerKey = containerKey);
        var engine = harness.NewEngine();
        harness.Put(engine, 1, key: Key);
        harness.Put(engine, 2, key: Key);
        var before = engine.Tokens.Level;
        engine.FlushNow();
        var sent = Assert.Single(harness.Sent);
        Assert.Equal(bytes, sent.Encoded.PartitionKey.Length);
        Assert.Equal(sent.Size, before.Bytes - engine.Tokens.Level.Bytes);
    }

    /// <summary>A busy shard fills its aggregates. With their keys they were larger than the stream takes, and the whole call was refused.</summary>
    [Theory]
    [InlineData(ContainerKey.A, 100)]
    [InlineData(ContainerKey.First, 1_000)]
    [InlineData(ContainerKey.SameKeyOnly, 1_000)]
    public void Send_AggregatesOfTheLargestSize_AreNoLargerThanTheStreamTakes(ContainerKey containerKey, int less)
    {
        var harness = new EngineHarness(o =>
            (o.ContainerKey, o.AggregationMaxSize, o.RecordTtl) = (containerKey, PipelineSettings.DefaultMaxRecordBytes, TimeSpan.FromMinutes(5)));
        var engine = harness.NewEngine();
        const int records = 150_000;
        for (var number = 0; number < records; number++)
            harness.Put(engine, number, size: 10, key: Key);
        harness.Pass(5_000);
        Assert.Equal(records, harness.SentNumbers.Sum(static r => r.Length));
        Assert.InRange(harness.Sent.Max(static r => r.Size), PipelineSettings.DefaultMaxRecordBytes - less, PipelineSettings.DefaultMaxRecordBytes);
    }
}

using Orleans.Kpl.Metrics;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>The load whose every value is known (<see cref="KnownLoad"/>) has them in every sink.</summary>
public sealed class ExactSinkTests
{
    public static TheoryData<MetricsLevel, MetricsGranularity> Settings => [.. KnownValues.Settings];

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task KnownLoad_HasTheWrittenValues_InEverySink(MetricsLevel level, MetricsGranularity granularity)
    {
        using var reader = new MetricReader("none");
        var options = new KplOptions { Metrics = { Level = level, Granularity = granularity, Sinks = ["InMemory", "Prometheus"] } };
        using var sinks = new KnownSinks(reader, options.Metrics);
        await using var collector = MetricsCollector.StartFor(reader, options, new FakeTimeProvider(), sinks.All);
        await using (var load = new KnownLoad(reader))
            await load.RunAsync();
        await new KnownValues(KnownValues.Embedded).AssertInEverySinkAsync(level, granularity, collector, sinks);
    }

    /// <summary>What the table does not tell holds among the metrics themselves.</summary>
    [Fact]
    public async Task Distributions_OfTheKnownLoad_AgreeWithOneAnother()
    {
        using var reader = new MetricReader("none");
        await using var collector = MetricsCollector.StartFor(reader, new KplOptions(), new FakeTimeProvider());
        await using var load = new KnownLoad(reader);
        await load.RunAsync();

        Assert.Equal(1_000, Of("RetriesPerRecord").Count);
        Assert.Equal(Of("BufferingTime").Count - 1_000, Of("RetriesPerRecord").Sum);
        Assert.Equal(Of("RequestTime").Count, Of("KinesisRecordsPerPutRecordsRequest").Count);
        Assert.Equal(Of("KinesisRecordsPerPutRecordsRequest").Sum + 2, Of("BufferingTime").Count);
        Assert.Equal(Of("KinesisRecordsPerPutRecordsRequest").Sum, Of("UserRecordsPerKinesisRecord").Sum);
        Assert.Equal(4, Of("OpenShards").Maximum);

        MetricSeries Of(string name) => collector.InMemory.ByName(name)[0];
    }
}

using Orleans.Kpl.Metrics;
using Orleans.Kpl.Pipeline.Telemetry;

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
        await using var collector = MetricsCollector.Start(options, null, sinks.All, new FakeTimeProvider(), reader, isExclusive: true, hasExporter: false);
        await using (var load = new KnownLoad(reader))
            await load.RunAsync();
        await new KnownValues(KnownValues.Embedded).AssertInEverySinkAsync(level, granularity, collector, sinks);
    }

    /// <summary>What the table does not tell holds among the metrics themselves.</summary>
    [Fact]
    public async Task Distributions_OfTheKnownLoad_AgreeWithOneAnother()
    {
        using var reader = new MetricReader();
        await using var collector = MetricsCollector.Start(new KplOptions(), null, null, new FakeTimeProvider(), reader, isExclusive: true, hasExporter: false);
        await using var load = new KnownLoad(reader);

        Assert.Equal(new StreamLedger(1_000, 993, 7, 0, 0, 0, 0), await load.RunAsync());
        // The first call's records were tried twice, the throttled ones once more; the expiry counts as an attempt of its two records, as in KPL.
        Assert.Equal(1_000, Of("RetriesPerRecord").Count);
        Assert.Equal(Of("BufferingTime").Count - 1_000, Of("RetriesPerRecord").Sum);
        Assert.Equal(Of("RequestTime").Count, Of("KinesisRecordsPerPutRecordsRequest").Count);
        Assert.Equal(Of("KinesisRecordsPerPutRecordsRequest").Sum + 2, Of("BufferingTime").Count);
        Assert.Equal(Of("KinesisRecordsPerPutRecordsRequest").Sum, Of("UserRecordsPerKinesisRecord").Sum);
        Assert.Equal(Of("KinesisRecordsPerPutRecordsRequest").Sum, Of("UserRecordsPerPutRecordsRequest").Sum);
        // The collector reads gauges at each look; the reader has read them once.
        Assert.Equal(new MetricReader.Sum(1, 4), reader.Of("OpenShards"));
        Assert.All((string[])["UserRecordsPending", "OutstandingBytes", "OldestRecordAge"], name => Assert.Equal(new MetricReader.Sum(1, 0), reader.Of(name)));

        MetricSeries Of(string name) => collector.InMemory.ByName(name)[0];
    }

    /// <summary>Records of one aggregate, and of another one: the smallest and the largest are those of records.</summary>
    [Fact]
    public async Task UserRecordsDataPut_HasTheSmallestAndTheLargestRecord()
    {
        using var reader = new MetricReader("none");
        await using var collector = MetricsCollector.Start(new KplOptions(), null, null, new FakeTimeProvider(), reader, isExclusive: true, hasExporter: false);
        var options = new KplOptions { RecordMaxBufferedTime = TimeSpan.Zero };
        await using (var producer = new ProducerPipeline(
            options, new FakeKinesis(1), new RecordingEvents(), TimeProvider.System, new Random(1), meters: reader))
        {
            foreach (int[] sizes in (int[][])[[20, 3, 900], [40]])
                await (await producer.EnqueueAsync("events", [.. sizes.Select(static n => new UserRecord("key", new byte[n]))])).Delivery;
        }

        Assert.Equal("UserRecordsDataPut{} sum 963 count 4 minimum 3 maximum 900", collector.InMemory.ByName("UserRecordsDataPut")[0].ToString());
    }

    [Fact]
    public async Task Instrument_ListenedToAlone_TellsWhatItTellsAmongTheOthers()
    {
        using var all = new MetricReader();
        await RunAsync(all);
        foreach (var name in KplMetrics.All.Select(static m => m.Name))
        {
            using var alone = new MetricReader(name);
            await RunAsync(alone);
            Assert.Equal(all.All.Where(s => s.Key.Name == name).OrderBy(static s => s.Key.Tags), alone.All.OrderBy(static s => s.Key.Tags));
        }
    }

    [Fact]
    public void Meter_HasVersionAndRole()
    {
        using var reader = new MetricReader();
        using var instruments = new KplInstruments(ProducerRole.Embedded, static () => [], Listening.Throws, reader);

        Assert.Equal(KplDiagnostics.MeterName, reader.Meter.Name);
        Assert.Matches(@"^\d+\.\d+\.\d+", reader.Meter.Version);
        Assert.Equal("embedded", reader.Meter.Tags!.Single(static t => t.Key == "role").Value);
    }

    private static async Task<StreamLedger> RunAsync(MetricReader reader)
    {
        await using var load = new KnownLoad(reader);
        return await load.RunAsync();
    }
}

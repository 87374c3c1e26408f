using System.Diagnostics.Metrics;
using Orleans.Kpl.Metrics.Tests.Collecting;
using Orleans.Kpl.Metrics.Tests.Prometheus;
using Orleans.Kpl.Metrics.Uploading;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Metrics.Tests.Uploading;

/// <summary>However often an upload of metrics fails, its values go once with a later one, and memory stays that of one upload.</summary>
public sealed class SinkUploaderTests
{
    [Fact]
    public async Task Upload_TakesWhatHappenedSinceTheLastOne_AndNeverAnEmptySet()
    {
        var sink = new ProbeMetricsSink();
        await using var some = new TestInstruments(null, sink);
        some.Instruments.Put("s", "a", 5, 0);
        await some.Collector.UploadAsync(default);
        some.Instruments.Failed("s", "a", RecordStatus.Failed, "x");
        await some.Collector.UploadAsync(default);

        Assert.Equal(5, sink.SumOf(0, "UserRecordsPut"));
        Assert.Equal((0, 1), (sink.SumOf(1, "UserRecordsPut"), sink.SumOf(1, "UserRecordsFailed")));
        Assert.All(sink.Uploads.SelectMany(static u => u), static m => Assert.True(m.Count > 0, m.ToString()));
    }

    [Fact]
    public async Task FailedUpload_IsTriedThrice_AndThenMergedIntoTheNext()
    {
        var sink = new ProbeMetricsSink { Failures = 3 };
        await using var some = new TestInstruments(null, sink);
        some.Instruments.Buffered(some.Instruments.Of("s", "a"), TimeSpan.FromMilliseconds(2), 3);
        await some.DriveAsync(some.Collector.UploadAsync(default));
        Assert.Equal((3, 0), (sink.Calls, sink.Uploads.Count));

        some.Instruments.Buffered(some.Instruments.Of("s", "a"), TimeSpan.FromMilliseconds(8), 1);
        await some.Collector.UploadAsync(default);
        Assert.Equal("BufferingTime{} sum 14 count 4 minimum 2 maximum 8", Assert.Single(sink.Uploads)[0].ToString());
    }

    [Fact]
    public async Task PartsThatASinkGivesBack_ComeAgainAlone()
    {
        var sink = new ProbeMetricsSink { GivesBack = static m => m.Dimensions.Count == 2 };
        await using var some = new TestInstruments(null, sink);
        some.Instruments.Put("s", "a", 5, 0);
        await some.DriveAsync(some.Collector.UploadAsync(default));

        sink.GivesBack = null;
        Assert.Equal(3, sink.Uploads.Count);
        Assert.Equal(["UserRecordsPut{StreamName=s,ShardId=a} sum 5 count 5 minimum 1 maximum 1"], sink.Uploads[1].Select(static m => m.ToString()));
    }

    /// <summary>An hour without an endpoint: memory stays what it is for one upload, and then the sums are exact.</summary>
    [Fact]
    public async Task DeadEndpoint_ForAnHour_LosesNothingAndKeepsNoMore()
    {
        var sink = new ProbeMetricsSink { Failures = int.MaxValue };
        await using var some = new TestInstruments(null, sink);
        for (var minute = 0; minute < 60; minute++)
        {
            for (var shard = 0; shard < 50; shard++)
                some.Instruments.Put("s", $"shard-{shard}", 2, 20);
            await some.DriveAsync(some.Collector.UploadAsync(default));
        }

        sink.Failures = 0;
        // An upload of the collector itself may be in a pause.
        await some.DriveAsync(some.Collector.UploadAsync(default));
        Assert.Equal(6_000, sink.SumOf(0, "UserRecordsPut"));
        // Two metrics for each shard, the stream and the process, and what tells of the uploads.
        Assert.Equal((2 * 52) + 3, sink.Uploads[0].Count);
        // The minutes of the collector itself may have come between.
        Assert.InRange(sink.SumOf(0, "MetricsUploads"), 60, 120);
    }

    /// <summary>The limit of what a sink left cut every upload: the same metrics never came, from some 2,000 shards on.</summary>
    [Fact]
    public async Task AnUpload_HasAllSeries_HoweverMany_AlsoWhereItsFirstTryFails()
    {
        var sink = new ProbeMetricsSink { Failures = 1 };
        await using var some = new TestInstruments(null, sink);
        PutMany(some);
        await some.DriveAsync(some.Collector.UploadAsync(default));

        Assert.Equal((9_000, 9_000), (sink.SumOf(0, "UserRecordsPut"), sink.SumOf(0, "UserRecordsFailed")));
        Assert.InRange(sink.Uploads[0].Count, 27_000, int.MaxValue);
    }

    /// <summary>The first ones went: those of the process and of each stream.</summary>
    [Fact]
    public async Task AnUploadThatFails_WithMoreSeriesThanAreKept_KeepsTheSums()
    {
        var sink = new ProbeMetricsSink { Failures = 3 };
        await using var some = new TestInstruments(null, sink);
        for (var upload = 0; upload < 2; upload++)
        {
            PutMany(some);
            await some.DriveAsync(some.Collector.UploadAsync(default));
        }

        Assert.Equal((18_000, 18_000), (sink.SumOf(0, "UserRecordsPut"), sink.SumOf(0, "UserRecordsFailed")));
        var streams = sink.Uploads[0].Where(static m => m.Name == "UserRecordsPut" && m.Dimensions.Count == 1).ToList();
        Assert.Equal((30, 18_000), (streams.Count, streams.Sum(static m => m.Sum)));
    }

    /// <summary>A sink that gave back null, or whose name threw, ended the collector: no sink got anything any more, and nothing was logged.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SinkThatBreaksTheContract_EndsNoCollector_AndTakesNothingFromTheOthers(bool hasNoName)
    {
        var (sink, broken, log) = (new ProbeMetricsSink(), new BrokenSink { HasNoName = hasNoName }, new CapturedLog());
        using var producer = new TestMeters();
        var time = new FakeTimeProvider();
        var collector = MetricsCollector.Start(new KplOptions(), log, [broken, sink], time, producer);
        for (var minute = 1; minute <= 2; minute++)
        {
            producer.Instruments.Put("s", "a", 1, 0);
            await time.PassUntilAsync(() => sink.Uploads.Count >= minute, TimeSpan.FromSeconds(10));
        }

        await collector.DisposeAsync();
        Assert.Equal(2, sink.Uploads.Sum(u => u.Where(static m => m.Name == "UserRecordsPut" && m.Dimensions.Count == 0).Sum(static m => m.Sum)));
        Assert.Equal(hasNoName, log.Lines.Any(static l => l.Line.Contains("BrokenSink broke off", StringComparison.Ordinal)));
    }

    /// <summary>The count of uploads is a metric too: what its listener threw ended the collector, and nothing was uploaded any more.</summary>
    [Fact]
    public async Task ListenerOfUploads_ThatThrows_EndsNoCollector()
    {
        var sink = new ProbeMetricsSink();
        await using var some = new TestInstruments(null, sink);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, some) && instrument.Name == "MetricsUploads")
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => throw new InvalidOperationException("the listener's defect"));
        listener.Start();

        foreach (var records in (int[])[5, 3])
        {
            some.Instruments.Put("s", "a", records, 0);
            await some.Collector.UploadAsync(default);
        }

        Assert.Equal((5, 3), (sink.SumOf(0, "UserRecordsPut"), sink.SumOf(1, "UserRecordsPut")));
    }

    /// <summary>One sink whose endpoint hung had the other sinks wait for as long as it hung, and their values with them.</summary>
    [Fact]
    public async Task SinkWhoseCallDoesNotEnd_HoldsUpNoOther_AndGetsEachValueOnce()
    {
        var (slow, other, records) = (new SlowSink(), new ProbeMetricsSink(), 0);
        await using var some = new TestInstruments(null, slow, other);
        foreach (var more in (int[])[5, 3])
        {
            some.Instruments.Put("s", "a", more, 0);
            records += more;
            await UploadAsync();
        }

        await slow.Called.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.Single(slow.Puts);
        slow.GiveBack();
        // Until that answer is seen the sink is called no more.
        while (slow.Puts.Count() == 1)
            await UploadAsync();
        // What is given back goes once more, perhaps by the collector's own upload.
        Assert.Equal([5, 8], slow.Puts);
        slow.TakeAll();

        async Task UploadAsync()
        {
            var upload = some.Collector.UploadAsync(default);
            // While no time passes: it may not have the other sink's limit come before its thread.
            await Waiting.UntilAsync(() => Enumerable.Range(0, other.Uploads.Count).Sum(i => other.SumOf(i, "UserRecordsPut")) == records);
            await some.Time.PassUntilAsync(() => upload.IsCompleted, TimeSpan.FromSeconds(10));
            await upload;
        }
    }

    /// <summary>An upload of many calls that took more than half a minute was told as failed, though every value arrived.</summary>
    [Fact]
    public async Task SinkWhoseCallGoesOn_IsWaitedFor()
    {
        var sink = new PartedSink();
        await using var some = new TestInstruments(null, sink);
        some.Instruments.Put("s", "a", 5, 0);
        var upload = some.Collector.UploadAsync(default);
        await some.Time.PassUntilAsync(() => sink.Looks > 6 || upload.IsCompleted, TimeSpan.FromSeconds(10));
        Assert.False(upload.IsCompleted);
        sink.Take();
        await upload;
        Assert.Contains("MetricsUploads{Sink=Parted,Result=done} sum 1 count 1 minimum 1 maximum 1", some.Read("MetricsUploads"));
    }

    [Fact]
    public async Task Uploads_AreCounted_BySinkAndResult()
    {
        var sink = new ProbeMetricsSink { Failures = 3 };
        await using var some = new TestInstruments(static m => m.Sinks = ["Prometheus"], sink);
        for (var upload = 0; upload < 3; upload++)
        {
            some.Instruments.Put("s", "a", 1, 0);
            await some.DriveAsync(some.Collector.UploadAsync(default));
        }

        Assert.Equal(
            [
                "MetricsUploads{} sum 3 count 3 minimum 1 maximum 1",
                "MetricsUploads{Sink=Probe} sum 3 count 3 minimum 1 maximum 1",
                "MetricsUploads{Sink=Probe,Result=done} sum 2 count 2 minimum 1 maximum 1",
                "MetricsUploads{Sink=Probe,Result=failed} sum 1 count 1 minimum 1 maximum 1",
            ],
            some.Read("MetricsUploads"));
        Assert.Equal(
            ["kpl_metrics_uploads_total{sink=Probe,result=done} 2", "kpl_metrics_uploads_total{sink=Probe,result=failed} 1"],
            PageReader.Read(some.Collector.Page!).Samples.Where(static s => s.Name == "kpl_metrics_uploads_total").Select(static s => s.ToString()));
    }

    /// <summary>Otherwise each upload would be the reason for the next one, in an idle process for ever.</summary>
    [Fact]
    public async Task Uploads_AreNoReasonToUpload()
    {
        var sink = new ProbeMetricsSink();
        await using var some = new TestInstruments(null, sink);
        some.Instruments.Put("s", "a", 1, 0);
        await some.Collector.UploadAsync(default);
        await some.Collector.UploadAsync(default);
        Assert.Single(sink.Uploads);
        some.Instruments.Put("s", "a", 1, 0);
        await some.Collector.UploadAsync(default);
        Assert.Equal((2, 1), (sink.Uploads.Count, sink.SumOf(1, "MetricsUploads")));
    }

    [Fact]
    public async Task Uploads_OfAnotherCollector_AreNotCounted()
    {
        var sink = new ProbeMetricsSink();
        await using var some = new TestInstruments(null, sink);
        await using var hearsAll = MetricsCollector.Start(new KplOptions());
        some.Instruments.Put("s", "a", 1, 0);
        await some.Collector.UploadAsync(default);
        Assert.Equal(1, some.Collector.InMemory.ByName("MetricsUploads")[0].Sum);
        Assert.Empty(hearsAll.InMemory.ByName("MetricsUploads"));
    }

    /// <summary>A tenth off was no wait at all: the loop spun, and the start of a producer stayed in it.</summary>
    [Fact]
    public async Task Upload_EveryMillisecond_WaitsForIt()
    {
        for (var i = 0; i < 20; i++)
        {
            var starting = Task.Run(static () => new TestInstruments(static m => m.UploadDelay = TimeSpan.FromMilliseconds(1), new ProbeMetricsSink()));
            await using var some = await starting.WaitAsync(TimeSpan.FromSeconds(5));
            Assert.Equal(1, some.Time.ArmedTimers);
        }
    }

    [Fact]
    public async Task Upload_ComesEveryUploadDelay_UpToATenthEarlier()
    {
        var sink = new ProbeMetricsSink();
        await using var some = new TestInstruments(static m => m.UploadDelay = TimeSpan.FromSeconds(20), sink);
        some.Instruments.Put("s", "a", 5, 0);
        some.Time.Advance(TimeSpan.FromSeconds(17.9));
        Assert.Empty(sink.Uploads);
        some.Time.Advance(TimeSpan.FromSeconds(2.2));
        await Waiting.UntilAsync(() => sink.Uploads.Count == 1);
    }

    /// <summary>Counts in 27,000 series.</summary>
    private static void PutMany(TestInstruments some)
    {
        for (var shard = 0; shard < 9_000; shard++)
        {
            some.Instruments.Put($"s-{shard % 30}", $"shard-{shard}", 1, 20);
            some.Instruments.Failed($"s-{shard % 30}", $"shard-{shard}", RecordStatus.Failed, "x");
        }
    }

    /// <summary>Another part was answered whenever somebody looks.</summary>
    private sealed class PartedSink : IPartedSink
    {
        private readonly TaskCompletionSource<IReadOnlyList<MetricSeries>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _looks;

        public string Name => "Parted";

        public long PartsEnded => Interlocked.Increment(ref _looks);

        public long Looks => Interlocked.Read(ref _looks);

        public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken) => _answer.Task;

        public void Take() => _answer.SetResult([]);
    }

    private sealed class BrokenSink : IMetricsSink
    {
        public bool HasNoName { get; init; }

        public string Name => HasNoName ? throw new InvalidOperationException("the sink's defect") : "Broken";

        public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<MetricSeries>>(HasNoName ? [] : null!);
    }
}

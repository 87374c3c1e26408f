using System.Diagnostics.Metrics;
using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Metrics.Tests.Prometheus;
using Orleans.Kpl.Metrics.Tests.Uploading;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Metrics.Tests.Collecting;

/// <remarks>Tests <see cref="InstrumentListener"/> too.</remarks>
public sealed class MetricsCollectorTests : IAsyncDisposable
{
    private readonly TestInstruments _some = new();

    public ValueTask DisposeAsync() => _some.DisposeAsync();

    [Fact]
    public void Histogram_OfUserRecords_CountsEachRecordOfAnAggregate()
    {
        _some.Instruments.Retried(_some.Instruments.Of("s", "a"), 0, 100);
        _some.Instruments.Retried(_some.Instruments.Of("s", "a"), 3, 1);

        Assert.Equal(
            [
                "RetriesPerRecord{} sum 3 count 101 minimum 0 maximum 3",
                "RetriesPerRecord{StreamName=s} sum 3 count 101 minimum 0 maximum 3",
                "RetriesPerRecord{StreamName=s,ShardId=a} sum 3 count 101 minimum 0 maximum 3",
            ],
            _some.Read("RetriesPerRecord"));
    }

    /// <summary>A collector hears the records of an aggregate at once; who listens to the meter still hears each.</summary>
    [Fact]
    public void Histogram_OfUserRecords_TellsOtherListenersEachRecord()
    {
        var heard = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, _some) && instrument.Name == "RetriesPerRecord")
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => heard++);
        listener.Start();
        _some.Instruments.Retried(_some.Instruments.Of("s", "a"), 0, 100);
        Assert.Equal((100, 100), (heard, _some.Collector.InMemory.ByName("RetriesPerRecord")[0].Count));
    }

    [Fact]
    public void Zeros_AreThoseOfKpl_SoThatMeansAreRates()
    {
        _some.Instruments.Put("s", "a", 90, 900);
        _some.Instruments.Failed("s", "a", RecordStatus.Failed, "x", 9);
        _some.Instruments.Failed("s", "a", RecordStatus.Unknown, "x");
        for (var i = 0; i < 3; i++)
            _some.Instruments.KinesisRecordPut(_some.Instruments.Of("s", "a"), 100);
        _some.Instruments.Error("s", "a", "x");

        Assert.Equal("UserRecordsPut{} sum 90 count 100 minimum 0 maximum 1", _some.Read("UserRecordsPut")[0]);
        Assert.Equal(0.9, _some.Collector.InMemory.ByName("UserRecordsPut")[0].Mean);
        Assert.Equal("KinesisRecordsPut{} sum 3 count 4 minimum 0 maximum 1", _some.Read("KinesisRecordsPut")[0]);
        Assert.Equal("AllErrors{} sum 1 count 4 minimum 0 maximum 1", _some.Read("AllErrors")[0]);
        Assert.Equal("UserRecordsDataPut{} sum 900 count 90 minimum 10 maximum 10", _some.Read("UserRecordsDataPut")[0]);
    }

    /// <summary>KPL's <c>getMetrics(name, window)</c>: what is older than the window is not in it, to a second.</summary>
    [Fact]
    public async Task Window_HasWhatHappenedWithinIt()
    {
        await using var some = new TestInstruments(static m => m.Sinks = ["InMemory"]);
        some.Instruments.Put("s", "a", 3, 30);
        await PassSecondsAsync(some, 10);
        some.Instruments.Put("s", "a", 2, 50);

        Assert.Equal("UserRecordsDataPut{} sum 50 count 2 minimum 25 maximum 25", Of(TimeSpan.FromSeconds(1)));
        Assert.Equal("UserRecordsDataPut{} sum 50 count 2 minimum 25 maximum 25", Of(TimeSpan.FromSeconds(8)));
        Assert.Equal("UserRecordsDataPut{} sum 80 count 5 minimum 10 maximum 25", Of(TimeSpan.FromSeconds(60)));
        await PassSecondsAsync(some, 55);
        Assert.Equal("UserRecordsDataPut{} sum 50 count 2 minimum 25 maximum 25", Of(TimeSpan.FromSeconds(60)));
        Assert.Equal("UserRecordsDataPut{} sum 80 count 5 minimum 10 maximum 25", some.Read("UserRecordsDataPut")[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => some.Collector.InMemory.All(TimeSpan.FromSeconds(61)));

        string Of(TimeSpan window) => some.Collector.InMemory.ByName("UserRecordsDataPut", window)[0].ToString();
    }

    /// <summary>The collector waited for the sink, and a window had all that happened meanwhile.</summary>
    [Fact]
    public async Task Window_WhileASinkTakesItsTime_HasWhatHappenedWithinIt()
    {
        var sink = new SlowSink();
        await using var some = new TestInstruments(static m => (m.Sinks, m.UploadDelay) = (["InMemory"], TimeSpan.FromSeconds(2)), sink);
        some.Instruments.Put("s", "a", 3, 30);
        await PassSecondsAsync(some, 10);
        some.Instruments.Put("s", "a", 2, 50);

        await sink.Called.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.Equal(2, some.Collector.InMemory.ByName("UserRecordsPut", TimeSpan.FromSeconds(5))[0].Sum);
        Assert.Single(sink.Puts);
        sink.TakeAll();
    }

    /// <summary>Shards come and go for years: what was counted of them waited in memory for a reader.</summary>
    [Fact]
    public async Task Values_ThatNobodyReads_AreBroughtTogetherAllTheSame()
    {
        var reads = 0;
        using var meter = new Meter("Unread");
        meter.CreateObservableGauge("gauge", () => ++reads);
        var options = new KplOptions { Metrics = { Meters = ["Unread"] } };
        var time = new FakeTimeProvider();
        using var none = new TestMeters();
        await using var collector = MetricsCollector.Start(options, null, null, time, none, isExclusive: true, hasExporter: false);
        await time.PassUntilAsync(() => reads > 0, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Window_WhereNothingIsKeptForIt_SaysSo() =>
        Assert.Throws<InvalidOperationException>(() => _some.Collector.InMemory.ByName("UserRecordsPut", TimeSpan.FromSeconds(1)));

    /// <summary>Where a program's culture writes a comma, whoever reads the line took the sum apart.</summary>
    [Fact]
    public void Line_IsTheSame_InEveryCulture()
    {
        using CommaCulture commas = new();
        var series = new MetricSeries { Name = "Age", Unit = "Seconds", Dimensions = [], Sum = 0.5, Count = 1, Minimum = 0.5, Maximum = 0.5 };
        Assert.Equal("Age{} sum 0.5 count 1 minimum 0.5 maximum 0.5", series.ToString());
    }

    [Fact]
    public void ErrorCode_StandsBeforeTheStream_AsInKpl()
    {
        _some.Instruments.Error("s", "a", "x");
        Assert.Equal(
            ["ErrorsByCode{}", "ErrorsByCode{ErrorCode=x}", "ErrorsByCode{ErrorCode=x,StreamName=s}", "ErrorsByCode{ErrorCode=x,StreamName=s,ShardId=a}"],
            _some.Read("ErrorsByCode").Select(static t => t.Split(' ')[0]));
    }

    [Theory]
    [InlineData(MetricsLevel.None, false, false)]
    [InlineData(MetricsLevel.Summary, true, false)]
    [InlineData(MetricsLevel.Detailed, true, true)]
    public async Task Level_LimitsWhatIsKept(MetricsLevel level, bool hasPut, bool hasData)
    {
        await using var some = new TestInstruments(m => m.Level = level);
        some.Instruments.Put("s", "a", 1, 10);
        Assert.Equal((hasPut, hasData), (some.Read("UserRecordsPut").Count > 0, some.Read("UserRecordsDataPut").Count > 0));
    }

    [Theory]
    [InlineData(MetricsGranularity.Global, 1)]
    [InlineData(MetricsGranularity.Stream, 2)]
    [InlineData(MetricsGranularity.Shard, 503)]
    [InlineData(MetricsGranularity.Auto, 2)]
    public async Task Granularity_TellsHowFarItGoes(MetricsGranularity granularity, int nodes)
    {
        await using var some = new TestInstruments(m => m.Granularity = granularity);
        for (var i = 0; i < StreamGranularity.MaxShards + 1; i++)
            some.Instruments.Put("s", $"shard-{i}", 1, 0);
        Assert.Equal(nodes, some.Read("UserRecordsPut").Count);
    }

    /// <summary>With the level Summary the gauge was not heard: shards that had closed counted, and those to which nothing had been put yet did not.</summary>
    [Theory]
    [InlineData(MetricsLevel.Summary)]
    [InlineData(MetricsLevel.Detailed)]
    public async Task Auto_GoesByTheOpenShards_HoweverManyAreClosedOrIdle(MetricsLevel level)
    {
        await using var some = new TestInstruments(m => m.Level = level);
        using var producer = some.Make(
            ProducerRole.Silo, new MeasuredStream("few") { ServedMeasures = Open(2) }, new MeasuredStream("many") { ServedMeasures = Open(501) });
        for (var i = 0; i < StreamGranularity.MaxShards + 1; i++)
            some.Instruments.Put("few", $"shard-{i}", 1, 0);
        some.Instruments.Put("many", "shard-0", 1, 0);
        Assert.Equal((StreamGranularity.MaxShards + 1, 0), (ShardsOf("few"), ShardsOf("many")));
        // As where a stream has closed because it was idle: it tells no gauge.
        producer.Dispose();
        Assert.Equal((StreamGranularity.MaxShards + 1, 0), (ShardsOf("few"), ShardsOf("many")));

        static IEnumerable<ShardMeasures> Open(int shards) =>
            Enumerable.Range(0, shards).Select(static i => new ShardMeasures($"shard-{i}", null, null)).ToArray();
        int ShardsOf(string stream) => some.Read("UserRecordsPut").Count(s => s.Contains($"StreamName={stream},ShardId=", StringComparison.Ordinal));
    }

    [Fact]
    public void Gauges_OfTwoProducers_AreAddedUp_AndAgesAreNot()
    {
        using var first = _some.Make(ProducerRole.Embedded, new MeasuredStream("s") { OutstandingBytes = 30, OldestRecordAge = TimeSpan.FromSeconds(3) });
        using var second = _some.Make(ProducerRole.Embedded, new MeasuredStream("s") { OutstandingBytes = 4, OldestRecordAge = TimeSpan.FromSeconds(9) });

        Assert.Equal("OutstandingBytes{StreamName=s} sum 34 count 1 minimum 34 maximum 34", _some.Read("OutstandingBytes")[1]);
        Assert.Equal("OldestRecordAge{StreamName=s} sum 18 count 2 minimum 9 maximum 9", _some.Read("OldestRecordAge")[1]);
    }

    [Fact]
    public async Task Producers_OfAnotherHost_AreNotHeard()
    {
        await using var others = new TestInstruments();
        others.Instruments.Put("s", "a", 1, 0);
        Assert.Empty(_some.Read("UserRecordsPut"));
        Assert.NotEmpty(others.Read("UserRecordsPut"));
    }

    /// <summary>What a total has grown by since it was read last goes with the last upload, and nothing of the producer stays.</summary>
    [Fact]
    public void Totals_OfADisposedProducer_AreCountedToTheEnd_AndTheProducerIsForgotten()
    {
        var meter = EndOne(_some, 7);
        Assert.Equal(7, _some.Collector.InMemory.ByName("BacklogWriteUnits")[0].Sum);
        EndOne(_some, 5);
        Assert.Equal(12, _some.Collector.InMemory.ByName("BacklogWriteUnits")[0].Sum);
        GC.Collect();
        Assert.False(meter.IsAlive);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference EndOne(TestInstruments some, double units)
        {
            var stream = new MeasuredStream("s") { BacklogStatus = new BacklogStatus { WriteUnits = units } };
            using (some.Make(ProducerRole.Embedded, stream))
                return some.ForgetLast();
        }
    }

    /// <summary>
    /// A stream that closes and opens again begins with nothing, and what it grew by was not counted until it was more than before. Its former total stayed.
    /// </summary>
    [Fact]
    public void Totals_OfAStreamThatHasClosed_AreForgotten_AndBeginAnew()
    {
        var stream = new MeasuredStream("s") { BacklogStatus = new BacklogStatus { WriteUnits = 7 } };
        List<IMeasuredStream> open = [stream, new MeasuredStream("other") { BacklogStatus = new BacklogStatus { WriteUnits = 1 } }];
        using var producer = new KplInstruments(ProducerRole.Embedded, () => open, Listening.Throws, _some);
        Assert.Equal(7, UnitsOf("s"));
        open.Remove(stream);
        Assert.Equal(7, UnitsOf("s"));
        Assert.Equal(7, UnitsOf("s"));
        open.Add(new MeasuredStream("s") { BacklogStatus = new BacklogStatus { WriteUnits = 5 } });
        Assert.Equal(12, UnitsOf("s"));
        Assert.Equal(12, UnitsOf("s"));
        Assert.Equal(1, UnitsOf("other"));

        double UnitsOf(string name) =>
            _some.Collector.InMemory.ByName("BacklogWriteUnits").Single(v => v.Dimensions.Any(d => d.Key == "StreamName" && d.Value == name)).Sum;
    }

    [Fact]
    public async Task Gauge_ThatThrows_IsToldOnce_AndTheOthersAreRead()
    {
        var log = new CapturedLog();
        using var meter = new Meter("Mine");
        meter.CreateObservableGauge("broken", int () => throw new InvalidOperationException("no reading today"));
        meter.CreateObservableGauge("whole", () => 7);
        var options = new KplOptions { Metrics = { Meters = ["Mine"], Sinks = ["Prometheus"] } };
        await using var collector = MetricsCollector.Start(options, log, time: new Orleans.Kpl.Testing.FakeTimeProvider());
        var page = new System.Buffers.ArrayBufferWriter<byte>();
        collector.Page!.Write(page, null);
        collector.Page!.Write(page, null);

        Assert.Contains("whole 7", System.Text.Encoding.UTF8.GetString(page.WrittenSpan), StringComparison.Ordinal);
        Assert.Equal(1, log.Lines.Count(static l => l.Line.Contains("1 gauges could not be read: no reading today", StringComparison.Ordinal)));
    }

    /// <summary>It ended uploads for as long as the process ran, and disposing the collector threw it.</summary>
    [Fact]
    public async Task Reading_ThatBreaksOff_EndsNoLaterOne()
    {
        var (reads, sink) = (0, new ProbeMetricsSink());
        using var meter = new Meter("Breaks");
        meter.CreateObservableGauge("gauge", int () => ++reads > 2 ? 7 : throw new SpeechlessException());
        await using var some = new TestInstruments(static m => m.Meters = ["Breaks"], sink);
        some.Instruments.Put("s", "a", 5, 0);
        await some.Time.PassUntilAsync(() => sink.Uploads.Count > 0, TimeSpan.FromSeconds(1));

        Assert.Equal(5, sink.SumOf(0, "UserRecordsPut"));
    }

    [Fact]
    public void Values_RecordedByManyThreads_AreAllThere()
    {
        var threads = Enumerable.Range(0, 4).Select(t => new Thread(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                _some.Instruments.Put($"s{i % 2}", $"shard-{t}-{i % 50}", 1, 10);
                _some.Instruments.Buffered(_some.Instruments.Of("s0", "a"), TimeSpan.FromMilliseconds(1), 2);
            }
        })).ToList();
        threads.ForEach(static t => t.Start());
        var seen = _some.Collector.InMemory.ByName("UserRecordsPut").Select(static m => m.Sum).FirstOrDefault();
        threads.ForEach(static t => t.Join());

        Assert.InRange(seen, 0, 20_000);
        Assert.Equal(20_000, _some.Collector.InMemory.ByName("UserRecordsPut")[0].Sum);
        Assert.Equal(40_000, _some.Collector.InMemory.ByName("BufferingTime")[0].Count);
    }

    /// <summary>Shards come and go for years: what was longest without a value makes room.</summary>
    [Fact]
    public async Task Series_OfOneMetric_AreBounded()
    {
        await using var some = new TestInstruments(m => m.Granularity = MetricsGranularity.Shard);
        for (var i = 0; i < 10_000; i++)
            some.Instruments.Put("s", $"old-{i}", 1, 0);
        some.Read("UserRecordsPut");
        some.Time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 100; i++)
            some.Instruments.Put("s", $"new-{i}", 1, 0);

        var shards = some.Read("UserRecordsPut").Where(static t => t.Contains("ShardId", StringComparison.Ordinal)).ToList();
        Assert.Equal(10_000, shards.Count);
        Assert.Equal(100, shards.Count(static t => t.Contains("new-", StringComparison.Ordinal)));
    }

    /// <summary>
    /// What made room took its total along: the page's counter fell, which Prometheus takes for a restart, and uploads missed records. On a page by
    /// shard it leaves with its shard: Prometheus has counted it, and would count it again.
    /// </summary>
    [Theory]
    [InlineData(MetricsGranularity.Stream)]
    [InlineData(MetricsGranularity.Shard)]
    public async Task Totals_OfShardsThatMadeRoom_AreThoseOfTheirStream(MetricsGranularity granularity)
    {
        var sink = new ProbeMetricsSink();
        await using var some = new TestInstruments(m => (m.Sinks, m.Granularity) = (["Prometheus", "InMemory"], granularity), sink);
        for (var round = 1; round <= 3; round++)
        {
            for (var i = 0; i < 6_000; i++)
            {
                some.Instruments.Failed("s", $"shard-{round}-{i}", RecordStatus.Failed, "x");
                some.Instruments.Put("s", $"shard-{round}-{i}", 1, 0);
            }

            var page = PageReader.Read(some.Collector.Page!).Samples;
            var told = granularity == MetricsGranularity.Shard ? Math.Min(6_000 * round, 10_000) : 6_000 * round;
            Assert.Equal(
                (told, told),
                (page.Where(static s => s.Name == "kpl_user_records_failed_total").Sum(static s => s.Value),
                    page.Where(static s => s.Name == "kpl_user_records_put_total").Sum(static s => s.Value)));
            some.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await some.DriveAsync(some.Collector.UploadAsync(default));
        Assert.Equal((18_000, 18_000), (sink.SumOf(0, "UserRecordsFailed"), sink.SumOf(0, "UserRecordsPut")));
        Assert.Equal(18_000, some.Collector.InMemory.ByName("UserRecordsFailed", TimeSpan.FromSeconds(30))[0].Sum);
    }

    /// <summary>A stream's own series made room as those of its shards did, and took along what had just been moved there.</summary>
    [Fact]
    public async Task Totals_OfAStreamThatCountsBesideItsShards_DoNotFall()
    {
        await using var some = new TestInstruments(static m => (m.Sinks, m.Granularity) = (["Prometheus"], MetricsGranularity.Stream), new ProbeMetricsSink());
        some.Instruments.Failed("s", null, RecordStatus.Failed, "x");
        Assert.Equal(1, Failed());
        for (var i = 0; i < 12_000; i++)
            some.Instruments.Failed("s", $"shard-{i}", RecordStatus.Failed, "x");
        Assert.Equal(12_001, Failed());
        Assert.Equal(12_001, Failed());

        double Failed()
        {
            some.Time.Advance(TimeSpan.FromSeconds(1));
            return PageReader.Read(some.Collector.Page!).Samples.Where(static s => s.Name == "kpl_user_records_failed_total").Sum(static s => s.Value);
        }
    }

    [Fact]
    public void Recording_AllocatesNothing()
    {
        var (stream, shard) = ("stream", "shard");
        Act(1_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Act(10_000);
        // A thread that moves to another processor meets cells that are new there. The least that 30,000 recordings could allocate each is 20 times this.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 10);

        void Act(int times)
        {
            for (var i = 0; i < times; i++)
            {
                _some.Instruments.Put(stream, shard, 5, 50);
                _some.Instruments.Retried(_some.Instruments.Of(stream, shard), 0, 5);
                _some.Instruments.Buffered(_some.Instruments.Of(stream, shard), TimeSpan.FromMilliseconds(3), 5);
            }
        }
    }

    [Fact]
    public void Start_WithSettingsThatCannotWork_NamesThem()
    {
        var options = new KplOptions { Metrics = { Sinks = ["Graphite"], UploadDelay = TimeSpan.Zero, CloudwatchPort = 0, Namespace = "AWS/Mine" } };
        var errors = Assert.Throws<KplOptionsException>(() => MetricsCollector.Start(options)).Errors;
        Assert.All(["Metrics:Sinks", "MetricsUploadDelay", "CloudwatchPort", "MetricsNamespace"], n => Assert.Contains(errors, e => e.StartsWith($"Kpl:{n} ", StringComparison.Ordinal)));
        Assert.Contains("Kpl:Metrics:Sinks has 'Graphite': allowed are InMemory, Prometheus, CloudWatch, CloudWatchOtlp, Datadog", errors);
    }

    private sealed class SpeechlessException : Exception
    {
        public override string Message => throw new InvalidOperationException("an exception that cannot be told");
    }

    private static async Task PassSecondsAsync(TestInstruments some, int seconds)
    {
        for (; seconds > 0; seconds--)
        {
            await Waiting.UntilAsync(() => some.Time.IsDueWithin(TimeSpan.FromSeconds(1)));
            some.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}

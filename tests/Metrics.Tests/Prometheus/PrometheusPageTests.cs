using System.Diagnostics.Metrics;
using Orleans.Kpl.Metrics.Tests.Collecting;
using Orleans.Kpl.Metrics.Tests.Uploading;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Tests.Prometheus;

public sealed class PrometheusPageTests
{
    private static readonly Action<MetricsOptions> WithPage = static m => m.Sinks = ["Prometheus"];

    [Fact]
    public async Task Counter_HasNameHelpTypeAndFinestLabels()
    {
        await using var some = new TestInstruments(WithPage);
        some.Instruments.Put("s", "a", 3, 0);
        some.Instruments.Put("s", "b", 4, 0);
        Assert.Equal(
            """
            # HELP kpl_user_records_put_total user records delivered
            # TYPE kpl_user_records_put_total counter
            kpl_user_records_put_total{stream="s",shard="a"} 3
            kpl_user_records_put_total{stream="s",shard="b"} 4

            """,
            Page(some));
    }

    [Fact]
    public async Task Histogram_IsInSeconds_AndItsBucketsAreCumulative()
    {
        await using var some = new TestInstruments(WithPage);
        some.Instruments.CallEnded("s", TimeSpan.FromMilliseconds(30), 5);
        some.Instruments.CallEnded("s", TimeSpan.FromMilliseconds(70_000), 5);
        var page = PageReader.Read(Page(some));
        Assert.Equal("histogram", page.Types["kpl_request_time_seconds"]);
        var lines = page.Samples.Select(static s => s.ToString()).ToList();
        Assert.Contains("kpl_request_time_seconds_bucket{stream=s,le=0.025} 0", lines);
        Assert.Contains("kpl_request_time_seconds_bucket{stream=s,le=0.05} 1", lines);
        Assert.Contains("kpl_request_time_seconds_bucket{stream=s,le=60} 1", lines);
        Assert.Contains("kpl_request_time_seconds_bucket{stream=s,le=+Inf} 2", lines);
        Assert.Contains("kpl_request_time_seconds_sum{stream=s} 70.03", lines);
        Assert.Contains("kpl_request_time_seconds_count{stream=s} 2", lines);
    }

    [Fact]
    public async Task Labels_ThatNeedEscapes_ComeBackAsTheyWere()
    {
        await using var some = new TestInstruments(WithPage);
        some.Instruments.Error("s", "a", "a \"quoted\" \\ code\nin two lines");
        Assert.Equal(
            "a \"quoted\" \\ code\nin two lines",
            PageReader.Read(Page(some)).Samples.Single(static s => s.Name == "kpl_errors_by_code_total").Labels.Single(static l => l.Name == "code").Value);
    }

    /// <summary>Where a piece of the page ended between the two halves of a character, it became two question marks.</summary>
    [Fact]
    public async Task Labels_OfLongPages_KeepCharactersOfTwoHalves()
    {
        await using var some = new TestInstruments(WithPage);
        // Names of all lengths move the ends of the pieces, so that some are between two halves.
        var code = string.Concat(Enumerable.Repeat("\U0001F680", 10_000));
        foreach (var shard in (string[])["a", "ab", "abc", "abcd"])
            some.Instruments.Error("s", shard, code);
        Assert.All(
            PageReader.Read(Page(some)).Samples.Where(static s => s.Name == "kpl_errors_by_code_total"),
            s => Assert.Equal(code, s.Labels.Single(static l => l.Name == "code").Value));
    }

    [Fact]
    public async Task OpenMetrics_WhereItIsAskedFor_HasItsTypeAndEnd()
    {
        await using var some = new TestInstruments(WithPage);
        some.Instruments.Put("s", "a", 3, 0);
        var (text, contentType) = PageReader.Write(some.Collector.Page!, "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", contentType);
        Assert.StartsWith("# HELP kpl_user_records_put user", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE kpl_user_records_put counter\nkpl_user_records_put_total{", text, StringComparison.Ordinal);
        Assert.EndsWith("\n# EOF\n", text, StringComparison.Ordinal);
        Assert.StartsWith("text/plain; version=0.0.4", PageReader.Write(some.Collector.Page!).ContentType, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoRoles_AreToldApart()
    {
        await using var some = new TestInstruments(WithPage);
        using var client = some.Make(ProducerRole.Client);
        some.Instruments.Put("s", "a", 3, 0);
        client.Put("s", "a", 4, 0);
        Assert.Equal(
            ["kpl_user_records_put_total{role=client,stream=s,shard=a} 4", "kpl_user_records_put_total{role=embedded,stream=s,shard=a} 3"],
            PageReader.Read(Page(some)).Samples.Select(static s => s.ToString()));
    }

    [Fact]
    public async Task OtherMeters_AreShown_IfTheyAreAskedFor()
    {
        var name = $"Tests.{Guid.NewGuid():N}";
        using var meter = new Meter(name);
        await using var some = new TestInstruments(m => (m.Sinks, m.Meters) = (["Prometheus"], [name]));
        meter.CreateCounter<int>("requests.done", "{request}").Add(2, new KeyValuePair<string, object?>("http.code", 200));
        meter.CreateUpDownCounter<long>("in-flight").Add(5);
        meter.CreateHistogram<double>("time", "s").Record(0.2);
        meter.CreateObservableGauge("size", () => 7, "By");
        Assert.Equal(
            ["in_flight{} 5", "requests_done_total{http_code=200} 2", "size_bytes{} 7", "time_seconds_count{} 1", "time_seconds_sum{} 0.2"],
            PageReader.Read(Page(some)).Samples.Where(static s => !s.Name.EndsWith("_bucket", StringComparison.Ordinal))
                .Select(static s => s.ToString()).Order(StringComparer.Ordinal));
        Assert.Empty(some.Collector.InMemory.All());
    }

    /// <summary>
    /// Two samples of one series make Prometheus refuse the second, and one sample of two series tells neither. To Prometheus a label without a value is no
    /// label: it saw two samples of one series.
    /// </summary>
    [Fact]
    public async Task SeriesOfOtherMeters_AreToldApartByTheirLabels_AndJoinedInAnyOrderOfTags_OrWhereOneHasNoValue()
    {
        var name = $"Tests.{Guid.NewGuid():N}";
        using var meter = new Meter(name);
        await using var some = new TestInstruments(m => (m.Sinks, m.Meters) = (["Prometheus"], [name]));
        var counter = meter.CreateCounter<int>("c");
        counter.Add(1, new KeyValuePair<string, object?>("queue", "a"));
        counter.Add(1, new KeyValuePair<string, object?>("topic", "a"));
        counter.Add(1, new("a", 1), new KeyValuePair<string, object?>("b", 2));
        counter.Add(1, new("b", 2), new KeyValuePair<string, object?>("a", 1));
        counter.Add(1);
        counter.Add(1, new KeyValuePair<string, object?>("queue", ""));
        counter.Add(1, new("queue", null), new KeyValuePair<string, object?>("topic", "a"));
        Assert.Equal(
            ["c_total{a=1,b=2} 2", "c_total{queue=a} 1", "c_total{topic=a} 2", "c_total{} 2"],
            PageReader.Read(Page(some)).Samples.Select(static s => s.ToString()).Order(StringComparer.Ordinal));
    }

    /// <summary>Each bucket had that label twice, and Prometheus refused the whole page.</summary>
    [Fact]
    public async Task ATagOfAnotherMeter_NamedAsTheLabelOfABucket_HasAnotherName()
    {
        var name = $"Tests.{Guid.NewGuid():N}";
        using var meter = new Meter(name);
        await using var some = new TestInstruments(m => (m.Sinks, m.Meters) = (["Prometheus"], [name]));
        meter.CreateHistogram<double>("h").Record(1, new KeyValuePair<string, object?>("le", "x"));
        Assert.Contains("h_count{exported_le=x} 1", PageReader.Read(Page(some)).Samples.Select(static s => s.ToString()));
        Assert.DoesNotContain("{le=\"x\",", Page(some), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counters_OnlyGrow_OverReadings()
    {
        await using var some = new TestInstruments(WithPage);
        for (var i = 1; i <= 3; i++)
        {
            some.Instruments.Put("s", "a", 2, 0);
            Assert.Equal(2 * i, PageReader.Read(Page(some)).Samples.Single().Value);
        }
    }

    [Fact]
    public async Task Page_WithoutTheSink_IsNotThere()
    {
        await using var some = new TestInstruments();
        Assert.Null(some.Collector.Page);
    }

    /// <summary>Every metric of the table, judged by Prometheus' own tool.</summary>
    [Fact]
    public async Task Page_OfEveryMetric_PleasesPromtool()
    {
        await using var some = new TestInstruments(WithPage, new ProbeMetricsSink());
        Everything(some.Instruments);
        await some.Collector.UploadAsync(default);
        var page = Page(some);
        Assert.Equal(
            KplMetrics.All.Where(static m => m.Kind is MetricKind.Counter or MetricKind.Histogram).Select(static m => m.PrometheusName)
                .Order(StringComparer.Ordinal),
            PageReader.Read(page).Types.Keys.Order(StringComparer.Ordinal));
        try
        {
            var checkedPage = await ProgramRun.OfAsync("promtool", ["check", "metrics"], page);
            Assert.Equal((0, ""), (checkedPage.ExitCode, checkedPage.Error));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no promtool here.");
        }
    }

    private static string Page(TestInstruments some) => PageReader.TextOf(some.Collector.Page!);

    private static void Everything(KplInstruments i)
    {
        i.Received("s", 1);
        i.Put("s", "a", 1, 1);
        i.Failed("s", "a", RecordStatus.Failed, RecordErrorCodes.Expired);
        i.Failed("s", "a", RecordStatus.Unknown, "x");
        i.Retried(i.Of("s", "a"), 1, 1);
        i.Buffered(i.Of("s", "a"), TimeSpan.FromMilliseconds(1), 1);
        i.Waited("s", TimeSpan.FromMilliseconds(1));
        i.CallEnded("s", TimeSpan.FromMilliseconds(1), 1);
        i.Carried("s", 1);
        i.KinesisRecordSent(i.Of("s", "a"), 1);
        i.KinesisRecordPut(i.Of("s", "a"), 1);
        i.Error("s", "a", "x");
        i.WrongShard("s", "a");
        i.OrderViolated("s", "a");
        i.OwnerMoved("s");
        i.Aimed("s", 3, 1);
        i.Resharded("s", default);
        i.Spilled("s", 1);
        i.DeadLettered("s", 1);
        i.SegmentDamaged("s");
    }
}

using Microsoft.Extensions.Logging;
using Orleans.Kpl.Metrics.Datadog;
using Orleans.Kpl.Metrics.Tests.Collecting;
using Orleans.Kpl.Metrics.Uploading;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Metrics.Tests.Datadog;

/// <remarks>Tests <see cref="DatadogClient"/> too.</remarks>
public sealed class DatadogSinkTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    /// <summary>Named in the settings, each kind arrives once with its finest tags, and uploads are counted.</summary>
    [Fact]
    public async Task Collector_WithDatadog_BringsCountsGaugesAndDistributions_AndCountsItsUploads()
    {
        await using var judge = new DatadogJudge();
        await using var some = new TestInstruments(judge.Options);
        some.Instruments.Put("s", "a", 90, 900);
        some.Instruments.Put("s", "b", 10, 100);
        some.Instruments.Failed("s", "a", RecordStatus.Failed, "x", 3);
        some.Instruments.Error("s", "a", "x");
        some.Instruments.Retried(some.Instruments.Of("s", "a"), 1, 4);
        using var silo = some.Make(ProducerRole.Silo, new MeasuredStream("s") { OutstandingBytes = 30 });
        silo.Put("s", "a", 7, 70);
        await some.Collector.UploadAsync(Stop);

        Assert.Empty(judge.Defects);
        string[] expected =
        [
            "kpl.all_errors{role:embedded,stream:s,shard:a} count 1",
            "kpl.errors_by_code{role:embedded,stream:s,shard:a,code:x} count 1",
            "kpl.outstanding_bytes{role:silo,stream:s} gauge 30",
            "kpl.retries_per_record.count{role:embedded,stream:s,shard:a} count 4",
            "kpl.retries_per_record.sum{role:embedded,stream:s,shard:a} count 4",
            "kpl.retries_per_record{role:embedded,stream:s,shard:a} 4 values, mean 1",
            "kpl.user_records_data_put{role:embedded,stream:s,shard:a} count 900",
            "kpl.user_records_data_put{role:embedded,stream:s,shard:b} count 100",
            "kpl.user_records_data_put{role:silo,stream:s,shard:a} count 70",
            "kpl.user_records_failed{role:embedded,stream:s,shard:a} count 3",
            "kpl.user_records_put{role:embedded,stream:s,shard:a} count 90",
            "kpl.user_records_put{role:embedded,stream:s,shard:b} count 10",
            "kpl.user_records_put{role:silo,stream:s,shard:a} count 7",
        ];
        var names = expected.Select(static e => e[..e.IndexOf('{', StringComparison.Ordinal)]).ToHashSet();
        Assert.Equal(expected, judge.Lines.Where(l => names.Contains(l.Name)).Select(static l => l.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal("byte", judge.Lines.First(static l => l.Name == "kpl.outstanding_bytes").Unit);
        Assert.All(judge.Lines, static l => Assert.Equal(Environment.MachineName, l.Host));

        some.Instruments.Put("s", "a", 1, 10);
        await some.Collector.UploadAsync(Stop);
        Assert.Contains("kpl.metrics_uploads{sink:Datadog,result:done} count 1", judge.Lines.Select(static l => l.ToString()));
        // A distribution that had no value since then is not told again.
        Assert.Single(judge.Lines, static l => l.Name == "kpl.retries_per_record");
    }

    /// <summary>A process that ended within a second of its last upload lost what that had counted: Datadog kept the last point of the second.</summary>
    [Fact]
    public async Task Upload_InTheSecondOfTheOneBefore_LeavesThatOneItsPoint()
    {
        await using var judge = new DatadogJudge();
        await using (var some = new TestInstruments(judge.Options))
        {
            some.Instruments.Put("s", "a", 90, 900);
            await some.Collector.UploadAsync(Stop);
            some.Instruments.Put("s", "a", 1, 10);
        }

        Assert.Equal([90, 1], judge.Lines.Where(static l => l.Name == "kpl.user_records_put").Select(static l => l.Values[0]));
        Assert.Empty(judge.Defects);
    }

    /// <summary>What does not fit into one call is divided, at each endpoint by its own limit; no series is lost or told twice.</summary>
    [Fact]
    public async Task Upload_OfMoreThanACallTakes_DividesIt()
    {
        await using var judge = new DatadogJudge();
        var sink = Create(judge.Options).Sink;
        var left = await sink.UploadAsync([.. Series("UserRecordsPut", 40_000, 1), .. Series("RequestTime", 3_000, 400)], Stop);

        Assert.Empty(left);
        Assert.Equal(judge.Paths.Count, sink.PartsEnded);
        Assert.Empty(judge.Defects);
        Assert.InRange(judge.Paths.Count(static p => p == "api/v2/series"), 2, 8);
        Assert.InRange(judge.Paths.Count(static p => p == "api/v1/distribution_points"), 2, 8);
        Assert.Equal(Enumerable.Range(0, 40_000).Sum(), judge.Lines.Where(static l => l.Name == "kpl.user_records_put").Sum(static l => l.Values[0]));
        Assert.Equal(49_000, judge.Lines.Select(static l => l.Name + l.Tags[1]).Distinct().Count());
        Assert.Equal(49_000, judge.Lines.Count);
        Assert.All(judge.Lines.Where(static l => l.Kind == "distribution"), static l => Assert.Equal(250, l.Values.Count));
    }

    /// <summary>Numbers that no compression makes small are divided by their compressed size.</summary>
    [Fact]
    public void Payloads_ThatHardlyCompress_StayBelowTheLimitOfBytes()
    {
        var payloads = new DatadogPayloads(new DatadogSeriesWriter(new MetricsOptions(), "h"), maxBytes: 1_000);
        var calls = payloads.Of(Series("UserRecordsPut", 1_000, 1), DateTimeOffset.UnixEpoch).ToList();
        Assert.True(calls.Count > 2);
        Assert.All(calls, static c => Assert.InRange(c.Body.Length, 1, 1_000));
        Assert.Equal(1_000, calls.Sum(static c => c.Metrics.Count));
    }

    [Theory]
    [InlineData(403, """{"errors":["Forbidden"]}""", "Http403: Forbidden")]
    [InlineData(429, """{"errors":["Too many requests"]}""", "Http429: Too many requests")]
    [InlineData(500, "<html>", "Http500: an answer that is not Datadog's")]
    public async Task Upload_WhereNothingGoes_TellsWhy(int status, string body, string message)
    {
        await using var judge = new DatadogJudge { Answer = _ => (status, body) };
        var error = await Assert.ThrowsAsync<SinkException>(() => Create(judge.Options).Sink.UploadAsync(Series("UserRecordsPut", 3, 1), Stop));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public async Task Upload_WhereOneCallFails_GivesBackItsSeriesAlone()
    {
        await using var judge = new DatadogJudge { Answer = static n => n == 2 ? (503, "") : null };
        var left = await Create(judge.Options).Sink.UploadAsync([.. Series("UserRecordsPut", 3, 1), .. Series("RequestTime", 2, 4)], Stop);
        Assert.Equal(["RequestTime.values", "RequestTime.values"], left.Select(static m => m.Name));
        Assert.Equal(7, judge.Lines.Count);
    }

    /// <summary>A distribution has 250 values of an upload at most; its count and sum stand beside it, and are exact whatever failed in between.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1, 3, 4)]
    [InlineData(2, 3, 4)]
    public async Task Distribution_OfMoreValuesThanItMayHave_HasItsExactCountAndSumBesideIt_AlsoAfterCallsFailed(params int[] failing)
    {
        await using var judge = new DatadogJudge { Answer = n => failing.Contains(n) ? (503, "") : null };
        await using var some = new TestInstruments(judge.Options);
        some.Instruments.Retried(some.Instruments.Of("s", "a"), 1, 1_000);
        some.Instruments.Retried(some.Instruments.Of("s", "a"), 4, 500);
        await DriveAsync(some.Time, some.Collector.UploadAsync(Stop));
        some.Instruments.Retried(some.Instruments.Of("s", "a"), 2, 777);
        await DriveAsync(some.Time, some.Collector.UploadAsync(Stop));

        Assert.Empty(judge.Defects);
        Assert.Equal(2_277, SumOf("kpl.retries_per_record.count"));
        Assert.Equal(1_000 + 2_000 + 1_554, SumOf("kpl.retries_per_record.sum"));
        Assert.True(judge.Paths.Count > failing.Max(), $"{judge.Paths.Count} calls");
        Assert.All(judge.Lines.Where(static l => l.Name == "kpl.retries_per_record"), static l => Assert.InRange(l.Values.Count, 1, 250));

        double SumOf(string name) => judge.Lines.Where(l => l.Name == name).Sum(static l => l.Values[0]);
    }

    /// <summary>It was the mean of what the gauge told at each upload since.</summary>
    [Fact]
    public async Task Gauge_AfterUploadsThatFailed_HasItsLastValue()
    {
        var isAway = true;
        await using var judge = new DatadogJudge { Answer = _ => isAway ? (503, "") : null };
        await using var some = new TestInstruments(judge.Options);
        var stream = new MeasuredStream("s") { OutstandingBytes = 30 };
        using var silo = some.Make(ProducerRole.Silo, stream);
        silo.Put("s", "a", 1, 10);
        await DriveAsync(some.Time, some.Collector.UploadAsync(Stop));
        (isAway, stream.OutstandingBytes) = (false, 4);
        await DriveAsync(some.Time, some.Collector.UploadAsync(Stop));
        Assert.Equal(["kpl.outstanding_bytes{role:silo,stream:s} gauge 4"],
            judge.Lines.Where(static l => l.Name == "kpl.outstanding_bytes").Select(static l => l.ToString()));
    }

    [Fact]
    public async Task FurtherDimensions_AreTags()
    {
        await using var judge = new DatadogJudge();
        var options = judge.Options;
        (options.Metrics.Dimensions, options.Metrics.ShardDimensions) = ([new("env", "prod"), new("team", "orders")], [new("host", "a")]);
        await Create(options).Sink.UploadAsync([.. Series("UserRecordsPut", 1, 1), .. Series("RequestTime", 1, 4)], Stop);
        Assert.All(judge.Lines, static l => Assert.Equal(["stream:s", "shard:shardId-000000000000", "env:prod", "team:orders", "host:a"], l.Tags));
        Assert.Equal(4, judge.Lines.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    public async Task Upload_OfWhatIsRefusedForGood_DropsItAndSaysSo(int status)
    {
        await using var judge = new DatadogJudge { Answer = n => n == 1 ? (status, """{"errors":["no"]}""") : null };
        var (sink, log) = Create(judge.Options);
        Assert.Empty(await sink.UploadAsync([.. Series("UserRecordsPut", 3, 1), .. Series("RequestTime", 2, 4)], Stop));
        Assert.Equal(2, judge.Lines.Count);
        Assert.Contains(log.Lines, l => l.Level == LogLevel.Warning && l.Line.Contains($"refuses 7 series for good, and they are lost: Http{status}: no", StringComparison.Ordinal));
    }

    /// <summary>Neither an answer that repeats the key nor anything that is logged shows it.</summary>
    [Fact]
    public async Task Key_IsShownNowhere()
    {
        await using var judge = new DatadogJudge { Answer = static n => n < 4 ? (403, $$"""{"errors":["key {{DatadogJudge.Key}} is not allowed"]}""") : (400, DatadogJudge.Key) };
        using var log = new CapturedLog();
        var (meters, time) = (new TestMeters(), new FakeTimeProvider());
        var collector = MetricsCollector.Start(judge.Options, log, time: time, meters: meters);
        using var instruments = new KplInstruments(ProducerRole.Embedded, static () => [], Listening.Throws, meters);
        instruments.Put("s", "a", 1, 10);
        for (var upload = 0; upload < 2; upload++)
            await DriveAsync(time, collector.UploadAsync(Stop));

        await collector.DisposeAsync();
        Assert.Contains(log.Lines, static l => l.Line.Contains("Metrics cannot be uploaded to Datadog: Http403: key *** is not allowed", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Line.Contains("refuses", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, static l => l.Line.Contains(DatadogJudge.Key, StringComparison.Ordinal));
        Assert.DoesNotContain(DatadogJudge.Key, DatadogAccess.Resolve(judge.Options.Metrics, static _ => null).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_WithoutAnEndpoint_TellsSo()
    {
        var options = new KplOptions { Metrics = { DatadogUrl = new Uri("http://127.0.0.1:9"), DatadogApiKey = "key" } };
        var error = await Assert.ThrowsAsync<SinkException>(() => Create(options).Sink.UploadAsync(Series("UserRecordsPut", 3, 1), Stop));
        Assert.StartsWith("ConnectionFailed: ", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The setting is for a Kinesis of one's own; the key went to whoever stood on the way.</summary>
    [Fact]
    public async Task Upload_ChecksTheCertificate_AlsoWhereThatOfKinesisIsNotChecked()
    {
        using var strangers = new TestAuthority();
        await using var port = new ShowingPort(strangers.Issue("127.0.0.1"));
        var options = new KplOptions { Kinesis = { VerifyCertificate = false }, Metrics = { DatadogUrl = port.Url, DatadogApiKey = "key" } };
        var error = await Assert.ThrowsAsync<SinkException>(() => Create(options).Sink.UploadAsync(Series("UserRecordsPut", 3, 1), Stop));
        Assert.Contains("certificate", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null, "https://api.datadoghq.com/")]
    [InlineData(null, null, "us5.datadoghq.com", "https://api.us5.datadoghq.com/")]
    [InlineData(null, "datadoghq.eu", "us5.datadoghq.com", "https://api.datadoghq.eu/")]
    [InlineData("http://127.0.0.1:8126/dd", null, "us5.datadoghq.com", "http://127.0.0.1:8126/dd")]
    public void Address_IsThatOfTheSite_OrTheOneThatIsNamed(string? url, string? site, string? variable, string address)
    {
        var options = new MetricsOptions { DatadogUrl = url is null ? null : new Uri(url), DatadogSite = site };
        var access = DatadogAccess.Resolve(options, n => n switch { "DD_API_KEY" => " key\n", "DD_SITE" => variable, _ => null });
        Assert.Equal((address, "key"), (access.Address.ToString(), access.ApiKey));
    }

    [Fact]
    public void Start_WithoutAKey_NamesTheSetting_BesideWhatElseIsWrong()
    {
        var options = new KplOptions { Metrics = { Sinks = ["Datadog"], UploadDelay = TimeSpan.Zero, DatadogPrefix = "9" } };
        var errors = Assert.Throws<KplOptionsException>(() => MetricsCollector.Start(options)).Errors;
        Assert.Contains("Kpl:Metrics:Sinks has 'Datadog', and neither Kpl:Metrics:DatadogApiKey nor DD_API_KEY has a key for it", errors);
        Assert.Contains(errors, static e => e.StartsWith("Kpl:MetricsUploadDelay ", StringComparison.Ordinal));
        Assert.Contains(errors, static e => e.StartsWith("Kpl:Metrics:DatadogPrefix ", StringComparison.Ordinal));
    }

    [Fact]
    public void Variables_ThatCannotWork_AreNamedTogether_WithoutTheKey()
    {
        var errors = Assert.Throws<KplOptionsException>(static () => DatadogAccess.Resolve(
            new MetricsOptions(), static n => n == "DD_API_KEY" ? "two words" : "https://datadoghq.eu")).Errors;
        Assert.Equal(
            ["DD_API_KEY has a value that is not allowed: visible ASCII characters", "DD_SITE is 'https://datadoghq.eu': a host name, such as datadoghq.eu"],
            errors);
    }

    /// <summary>The variable, which was not set, was blamed beside the setting.</summary>
    [Fact]
    public void Settings_ThatCannotWork_AreToldOfOnce()
    {
        var options = new KplOptions { Metrics = { Sinks = ["Datadog"], DatadogApiKey = "two words", DatadogSite = "https://datadoghq.eu" } };
        var errors = Assert.Throws<KplOptionsException>(() => MetricsCollector.Start(options)).Errors;
        Assert.Equal(2, errors.Count);
        Assert.All(errors, static e => Assert.StartsWith("Kpl:Metrics:Datadog", e, StringComparison.Ordinal));
    }

    private static (DatadogSink Sink, CapturedLog Log) Create(KplOptions options)
    {
        var log = new CapturedLog();
        return (DatadogSink.Create(options, static _ => null, log, TimeProvider.System), log);
    }

    /// <summary>
    /// Lets time pass where the uploader waits for its next try, one or two seconds, and not while a call is on its way: that has a time-out.
    /// </summary>
    private static Task DriveAsync(FakeTimeProvider time, Task uploading) => Waiting.UntilAsync(() =>
    {
        var wait = TimeSpan.FromSeconds(2);
        if (time.IsDueWithin(wait))
            time.Advance(wait);
        return uploading.IsCompleted;
    });

    private static List<MetricSeries> Series(string name, int series, int values) =>
    [
        .. Enumerable.Range(0, series).Select(i => new MetricSeries
        {
            Name = name, Unit = "Count", Dimensions = [new("StreamName", "s"), new("ShardId", $"shardId-{i:D12}")],
            Sum = values == 1 ? i : i * values / 2.0, Count = values, Minimum = 0, Maximum = i,
        }),
    ];
}

using Amazon.Runtime;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Metrics.CloudWatch;
using Orleans.Kpl.Metrics.Uploading;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Metrics.Tests.CloudWatch;

public sealed class CloudWatchSinkTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_OfManySeries_DividesThemOverCalls()
    {
        await using var judge = new CloudWatchJudge();
        var (sink, log) = Create(judge.Options);
        var left = await sink.UploadAsync(Series(2_500), Stop);

        Assert.Empty(left);
        Assert.Empty(judge.Defects);
        Assert.Equal([1_000, 1_000, 500], judge.Calls.Select(static c => c.Count));
        Assert.Equal(3, sink.PartsEnded);
        Assert.Equal(Series(2_500).Select(static m => m.ToString()), judge.Metrics.Select(static m => m.ToString()));
        Assert.Equal("KinesisProducerLibrary", judge.Namespace);
        Assert.Contains("CloudWatch gets 2500 metrics in namespace KinesisProducerLibrary: about 750.00 US dollars a month", Assert.Single(log.Lines).Line, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_OfLongNames_StayBelowTheLimitOfBytes()
    {
        var long1 = Series(1_000).Select(static m => m with { Dimensions = [new("StreamName", new string('%', 1_000))] });
        var calls = MetricDataCalls.Of(long1, new MetricsOptions(), default).ToList();
        Assert.True(calls.Count > 3);
        Assert.All(calls, static c => Assert.InRange(c.Body.Length, 1, MetricDataCalls.MaxBytes));
        Assert.Equal(1_000, calls.Sum(static c => c.Metrics.Count));
    }

    /// <summary>
    /// KPL's own dimensions come first, so that the further ones change none of its metrics' order. Those of streams are on the metrics of their shards too,
    /// as is KPL's granularity of a dimension.
    /// </summary>
    [Fact]
    public async Task FurtherDimensions_StandBehindThoseOfKpl_OnTheMetricsOfTheirKindAlone()
    {
        await using var judge = new CloudWatchJudge();
        var options = judge.Options;
        options.Metrics.Dimensions = [new("env", "prod & test"), new("area", "eu")];
        options.Metrics.StreamDimensions = [new("team", "orders")];
        options.Metrics.ShardDimensions = [new("host", "a")];
        var series = Series(1)[0];
        await Create(options).Sink.UploadAsync([series, series with { Dimensions = [series.Dimensions[0]] }, series with { Dimensions = [] }], Stop);

        Assert.Empty(judge.Defects);
        Assert.Equal(
            [
                "StreamName=s,ShardId=shardId-000000000000,env=prod & test,area=eu,team=orders,host=a", "StreamName=s,env=prod & test,area=eu,team=orders",
                "env=prod & test,area=eu",
            ],
            judge.Metrics.Select(static m => string.Join(',', m.Dimensions.Select(static d => $"{d.Key}={d.Value}"))));
    }

    /// <summary>Those of Kinesis sign nothing here.</summary>
    [Fact]
    public async Task Credentials_InCode_SignInPlaceOfThoseForKinesis()
    {
        await using var judge = new CloudWatchJudge();
        var options = judge.Options;
        var (id, secret, token) = (options.Metrics.AccessKeyId!, options.Metrics.SecretAccessKey!, options.Metrics.SessionToken!);
        (options.Metrics.AccessKeyId, options.Metrics.SecretAccessKey, options.Metrics.SessionToken) = (null, null, null);
        options.Metrics.UseAwsCredentials(new SessionAWSCredentials(id, secret, token));
        Assert.Empty(await Create(options).Sink.UploadAsync(Series(1), Stop));
        Assert.Empty(judge.Defects);
        Assert.Single(judge.Metrics);
    }

    [Fact]
    public async Task Upload_WhereOneCallFails_GivesBackItsSeriesAlone()
    {
        await using var judge = new CloudWatchJudge { Answer = static n => n == 2 ? (503, "ServiceUnavailable") : null };
        var left = await Create(judge.Options).Sink.UploadAsync(Series(2_500), Stop);
        Assert.Equal(Series(2_500).Skip(1_000).Take(1_000).Select(static m => m.ToString()), left.Select(static m => m.ToString()));
    }

    /// <summary>One value that CloudWatch never takes must not come back for ever, nor hold up others.</summary>
    [Fact]
    public async Task Upload_OfWhatIsRefusedForGood_DropsItAndSaysSo()
    {
        await using var judge = new CloudWatchJudge { Answer = static n => n == 1 ? (400, "InvalidParameterValue") : null };
        var (sink, log) = Create(judge.Options);
        Assert.Empty(await sink.UploadAsync(Series(1_500), Stop));
        Assert.Equal(500, judge.Metrics.Count);
        Assert.Contains(log.Lines, static l => l.Level == LogLevel.Warning && l.Line.Contains("refuses 1000 series for good", StringComparison.Ordinal));
    }

    /// <summary>
    /// Of a machine whose clock is hours ahead, CloudWatch took no value: it refuses those of a time to come for good. Where the clock is behind, they were
    /// drawn at a time of long ago.
    /// </summary>
    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public async Task Upload_WhereTheClockIsWrong_HasTheTimeOfCloudWatch(int ahead)
    {
        var time = new FakeTimeProvider();
        await using var judge = new CloudWatchJudge { Now = time.GetUtcNow().AddHours(-ahead) };
        using var sink = CloudWatchSink.Create(judge.Options, new CapturedLog(), time);
        Assert.Empty(await sink.UploadAsync(Series(1_500), Stop));
        Assert.Empty(await sink.UploadAsync(Series(1), Stop));

        Assert.Empty(judge.Defects);
        Assert.Equal([1_000, 1_000, 500, 1], judge.Calls.Select(static c => c.Count));
        Assert.Equal(1_501, judge.Metrics.Count);
        Assert.Equal([judge.Now.Value], judge.Times.Distinct());
    }

    [Theory]
    [InlineData(403, "AccessDenied")]
    [InlineData(400, "Throttling")]
    [InlineData(400, "ExpiredToken")]
    [InlineData(500, "InternalFailure")]
    public async Task Upload_WhereNothingGoes_TellsWhy(int status, string code)
    {
        await using var judge = new CloudWatchJudge { Answer = _ => (status, code) };
        var error = await Assert.ThrowsAsync<SinkException>(() => Create(judge.Options).Sink.UploadAsync(Series(3), Stop));
        Assert.Equal((code, $"{code}: no"), (error.Code, error.Message));
        // A second call with the keys that were just refused would be refused too, as KinesisCaller knows.
        Assert.Single(judge.Calls);
    }

    [Fact]
    public async Task Upload_WithoutAnEndpoint_TellsSo()
    {
        var options = new KplOptions { Metrics = { EndpointUrl = new Uri("http://127.0.0.1:9"), AccessKeyId = "a", SecretAccessKey = "b" } };
        var error = await Assert.ThrowsAsync<SinkException>(() => Create(options).Sink.UploadAsync(Series(3), Stop));
        Assert.Equal("ConnectionFailed", error.Code);
    }

    [Theory]
    [InlineData(null, 443, "https://monitoring.eu-central-1.amazonaws.com/")]
    [InlineData("vpce-1.monitoring.example.com", 443, "https://vpce-1.monitoring.example.com/")]
    [InlineData("localhost", 4566, "https://localhost:4566/")]
    public void Endpoint_IsThatOfTheRegion_OrTheOneThatIsNamed(string? host, int port, string url)
    {
        var options = new KplOptions
        {
            Kinesis = { Region = "eu-central-1", AccessKeyId = "a", SecretAccessKey = "b" },
            Metrics = { CloudwatchEndpoint = host, CloudwatchPort = port },
        };
        var access = CloudWatchAccess.Resolve(options, TimeProvider.System);
        access.Handler.Dispose();
        Assert.Equal(url, access.Address.ToString());
    }

    /// <summary>The values went to the region of profile "default", and the dashboards beside Kinesis stayed empty.</summary>
    [Theory]
    [InlineData("AKID", null)]
    [InlineData(null, "metrics")]
    public void Region_IsThatOfKinesis_AlsoWithKeysOfItsOwn(string? key, string? profile)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("profiles", "[default]\nregion = us-east-1\n[prod]\nregion = eu-west-1\n[metrics]\nregion = us-west-2\n");
        KplOptions options = new()
        {
            Kinesis = { Profile = "prod" }, Metrics = { AccessKeyId = key, SecretAccessKey = key is null ? null : "secret", Profile = profile },
        };
        var access = CloudWatchAccess.Resolve(options, TimeProvider.System, new AwsEnvironment(static _ => null, file));
        access.Handler.Dispose();
        Assert.Equal("eu-west-1", access.Region);
    }

    [Theory]
    [InlineData(1, 0.30)]
    [InlineData(10_000, 3_000)]
    [InlineData(20_000, 4_000)]
    [InlineData(1_000_000, 64_500)]
    public void Price_IsThatOfTheTiers(int metrics, double dollars) => Assert.Equal(dollars, MetricsPrice.OfMonth(metrics), 6);

    [Theory]
    [InlineData(double.NaN, "0")]
    [InlineData(1e-200, "0")]
    [InlineData(1e200, "1.174271E%2B108")]
    [InlineData(0.1, "0.1")]
    public void Values_ThatCloudWatchWouldRefuse_AreTheNearestThatItTakes(double value, string text)
    {
        var body = System.Text.Encoding.ASCII.GetString(MetricDataCalls.Of([Series(1)[0] with { Sum = value }], new MetricsOptions(), default).Single().Body);
        Assert.Contains($"StatisticValues.Sum={text}&", body, StringComparison.Ordinal);
    }

    private static (CloudWatchSink Sink, CapturedLog Log) Create(KplOptions options)
    {
        var log = new CapturedLog();
        return (CloudWatchSink.Create(options, log, TimeProvider.System), log);
    }

    private static List<MetricSeries> Series(int count) =>
    [
        .. Enumerable.Range(0, count).Select(static i => new MetricSeries
        {
            Name = "UserRecordsPut", Unit = "Count", Dimensions = [new("StreamName", "s"), new("ShardId", $"shardId-{i:D12}")],
            Sum = i, Count = i + 1, Minimum = 0, Maximum = 1,
        }),
    ];
}

using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Properties;

/// <remarks>Tests <see cref="KplPropertyReader"/>. Ranges and defaults: KPL 1.0.7, KinesisProducerConfiguration.</remarks>
public class KplPropertiesTests
{
    /// <summary>A value that KPL, or Kinesis' own limit, does not allow for each key of KPL 1.0.7.</summary>
    private static readonly Dictionary<string, string> Bad = new()
    {
        ["AggregationEnabled"] = "yes",
        ["AggregationMaxCount"] = "0",
        ["AggregationMaxSize"] = "63",
        ["CaCertFile"] = "a\\u0000b",
        ["CaCertPath"] = "a\\u0000b",
        ["CloudwatchEndpoint"] = "https://monitoring.example.com",
        ["CloudwatchPort"] = "65536",
        ["CollectionMaxCount"] = "0",
        ["CollectionMaxSize"] = "52223",
        ["ConnectTimeout"] = "99",
        ["CredentialsRefreshDelay"] = "0",
        ["DaemonHealthCheckTimeoutMs"] = "4999",
        ["EnableCoreDumps"] = "1",
        ["EnableDaemonHealthCheck"] = "on",
        ["EnableOldestFutureTracker"] = "no",
        ["FailIfThrottled"] = "",
        ["GlueSchemaRegistryPropertiesFilePath"] = "a\\u0000b",
        ["KinesisEndpoint"] = "https://kinesis.example.com",
        ["KinesisPort"] = "0",
        ["LogLevel"] = "verbose",
        ["MaxConnections"] = "257",
        ["MaxUserRecordSize"] = "10485761",
        ["MetricsGranularity"] = "silo",
        ["MetricsLevel"] = "all",
        ["MetricsNamespace"] = "AWS/Kinesis",
        ["MetricsUploadDelay"] = "60001",
        ["MinConnections"] = "17",
        ["NativeExecutable"] = "a\\u0000b",
        ["ProxyHost"] = "pro xy",
        ["ProxyPassword"] = "a\\u0000b",
        ["ProxyPort"] = "-1",
        ["ProxyUserName"] = "a\\u0000b",
        ["RateLimit"] = "0",
        ["RecordMaxBufferedTime"] = "-1",
        ["RecordTtl"] = "99",
        ["Region"] = "US West",
        ["RequestTimeout"] = "600001",
        ["ReturnUserRecordOnFailure"] = "2",
        ["StsEndpoint"] = "a\\u0000b",
        ["StsPort"] = "65536",
        ["TempDirectory"] = "a\\u0000b",
        ["ThreadPoolSize"] = "-1",
        ["ThreadingModel"] = "FORKED",
        ["UserRecordTimeoutInMillis"] = "-1",
        ["VerifyCertificate"] = "sometimes",
    };

    public static TheoryData<string> Keys => [.. Bad.Keys];

    public static TheoryData<string> SampleFiles => [.. KplSampleFiles.ByCommit.Keys];

    [Fact]
    public void Table_Always_HasThe45KeysOfKpl()
    {
        Assert.Equal(45, Bad.Count);
        Assert.Equal(Bad.Keys.Order(StringComparer.Ordinal), KplPropertyTable.All.Select(static p => p.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void FromProperties_AValueOutOfRange_IsNamedWithItsRule(string key)
    {
        var error = Assert.Single(Assert.Throws<KplOptionsException>(() => KplOptions.FromProperties($"{key} = {Bad[key]}")).Errors);
        var value = key == "ProxyPassword" ? "has a value that is not allowed" : $"is '{Bad[key].Replace("\\u0000", "?", StringComparison.Ordinal)}'";
        Assert.StartsWith($"properties: {key} {value}: ", error, StringComparison.Ordinal);
        Assert.True(error.Length > $"properties: {key} {value}: ".Length + 10, error);
    }

    [Fact]
    public void FromProperties_EveryValueOutOfRange_TellsAllAtOnce()
    {
        var text = string.Join('\n', Bad.Select(static p => $"{p.Key}={p.Value}"));
        Assert.Equal(45, Assert.Throws<KplOptionsException>(() => KplOptions.FromProperties(text)).Errors.Count);
    }

    [Theory]
    [MemberData(nameof(SampleFiles))]
    public void FromProperties_EachSampleFileOfKpl_HasNoError(string commit)
    {
        var options = KplOptions.FromProperties(KplSampleFiles.ByCommit[commit]);
        Assert.Equal((150, TimeSpan.FromSeconds(30), 4294967295), (options.RateLimit, options.RecordTtl, options.AggregationMaxCount));
        Assert.DoesNotContain(options.ReadingWarnings, static w => w.Contains("no key of KPL", StringComparison.Ordinal));
        Assert.DoesNotContain(options.ReadingWarnings, static w => w.Contains("no effect", StringComparison.Ordinal));
    }

    [Fact]
    public void FromProperties_AnEmptyFile_GivesKplsDefaultsFieldByField()
    {
        var options = KplOptions.FromProperties("# nothing");
        Assert.True(options.AggregationEnabled);
        Assert.Equal(4_294_967_295, options.AggregationMaxCount);
        Assert.Equal(51_200, options.AggregationMaxSize);
        Assert.Equal(500, options.CollectionMaxCount);
        Assert.Equal(5_242_880, options.CollectionMaxSize);
        Assert.Equal(TimeSpan.FromMilliseconds(100), options.RecordMaxBufferedTime);
        Assert.Equal(TimeSpan.FromSeconds(30), options.RecordTtl);
        Assert.Equal(150, options.RateLimit);
        Assert.False(options.FailIfThrottled);
        Assert.Equal(1_048_576, options.MaxUserRecordSize);
        Assert.Equal(24, options.MaxConnections);
        Assert.Equal(TimeSpan.FromSeconds(6), options.Kinesis.ConnectTimeout);
        Assert.Equal(TimeSpan.FromSeconds(6), options.RequestTimeout);
        Assert.Null(options.Kinesis.Region);
        Assert.Null(options.Kinesis.EndpointUrl);
        Assert.True(options.Kinesis.VerifyCertificate);
        Assert.Equal((null, null), (options.Kinesis.CaCertFile, options.Kinesis.CaCertPath));
        Assert.Equal((null, 443, null, null),
            (options.Kinesis.ProxyHost, options.Kinesis.ProxyPort, options.Kinesis.ProxyUserName, options.Kinesis.ProxyPassword));
        Assert.Equal(MetricsLevel.Detailed, options.Metrics.Level);
        Assert.Equal(MetricsGranularity.Shard, options.Metrics.Granularity);
        Assert.Equal("KinesisProducerLibrary", options.Metrics.Namespace);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Metrics.UploadDelay);
        Assert.Equal((null, 443), (options.Metrics.CloudwatchEndpoint, options.Metrics.CloudwatchPort));
        Assert.Equal(["CloudWatch"], options.Metrics.Sinks!);
        Assert.Equal(
            ["properties: KPL's own defaults hold for what it leaves out: RateLimit 150, MaxUserRecordSize 1048576, MetricsGranularity shard, Metrics:Sinks CloudWatch"],
            options.ReadingWarnings);
    }

    [Fact]
    public void FromProperties_EveryKeyWithAnotherValue_SetsIt()
    {
        var options = KplOptions.FromProperties("""
            AggregationEnabled=FALSE
            AggregationMaxCount=7
            AggregationMaxSize:64
            CaCertFile /etc/kpl/ca.pem
            CaCertPath=/etc/kpl/ca
            CloudwatchEndpoint=monitoring.example.com
            CloudwatchPort=8443
            CollectionMaxCount=10
            CollectionMaxSize=60000
            ConnectTimeout=100
            FailIfThrottled=true
            KinesisEndpoint=kinesis.example.com
            KinesisPort=4567
            MaxConnections=256
            MaxUserRecordSize=2000
            MetricsGranularity=stream
            MetricsLevel=summary
            MetricsNamespace=Orders
            MetricsUploadDelay=1000
            ProxyHost=proxy.example.com
            ProxyPassword=p w\u00e4;\ 
            ProxyPort=3128
            ProxyUserName=me
            RateLimit=80
            RecordMaxBufferedTime=0
            RecordTtl=60000
            Region=eu-west-1
            RequestTimeout=3000
            VerifyCertificate=true
            """);
        Assert.Equal((false, 7, 64), (options.AggregationEnabled, options.AggregationMaxCount, options.AggregationMaxSize));
        Assert.Equal(("/etc/kpl/ca.pem", "/etc/kpl/ca"), (options.Kinesis.CaCertFile, options.Kinesis.CaCertPath));
        Assert.Equal(("monitoring.example.com", 8443), (options.Metrics.CloudwatchEndpoint, options.Metrics.CloudwatchPort));
        Assert.Equal((10, 60_000, 100), (options.CollectionMaxCount, options.CollectionMaxSize, options.Kinesis.ConnectTimeout.TotalMilliseconds));
        Assert.True(options.FailIfThrottled);
        Assert.Equal(new Uri("https://kinesis.example.com:4567"), options.Kinesis.EndpointUrl);
        Assert.Equal((256, 2_000), (options.MaxConnections, options.MaxUserRecordSize));
        Assert.Equal((MetricsGranularity.Stream, MetricsLevel.Summary), (options.Metrics.Granularity, options.Metrics.Level));
        Assert.Equal(("Orders", 1_000), (options.Metrics.Namespace, options.Metrics.UploadDelay.TotalMilliseconds));
        Assert.Equal(("proxy.example.com", "p wä; ", 3128, "me"),
            (options.Kinesis.ProxyHost, options.Kinesis.ProxyPassword, options.Kinesis.ProxyPort, options.Kinesis.ProxyUserName));
        Assert.Equal((80, 0, 60, 3), (options.RateLimit, options.RecordMaxBufferedTime.TotalSeconds, options.RecordTtl.TotalSeconds,
            options.RequestTimeout.TotalSeconds));
        Assert.Equal("eu-west-1", options.Kinesis.Region);
        Assert.Equal(["properties: KPL's own defaults hold for what it leaves out: Metrics:Sinks CloudWatch"], options.ReadingWarnings);
    }

    [Fact]
    public void FromProperties_NamesOfOldVersions_AreTaken()
    {
        var options = KplOptions.FromProperties("CustomEndpoint=10.0.0.1\nPort=4567\nAwsAccessKeyId=AKID\nAwsSecretKey=very-secret");
        Assert.Equal(new Uri("https://10.0.0.1:4567"), options.Kinesis.EndpointUrl);
        Assert.Equal(("AKID", "very-secret"), (options.Kinesis.AccessKeyId, options.Kinesis.SecretAccessKey));
    }

    [Theory]
    [InlineData("MaxUserRecordSize = 1048576;", "MaxUserRecordSize is '1048576;': taken without the semicolon, with which KPL itself does not start")]
    [InlineData("FailIfThrottled=true ;", "FailIfThrottled is 'true ;': taken without the semicolon, with which KPL itself does not start")]
    [InlineData("RecordTTL=1", "'RecordTTL' is no key of KPL and has no effect; the nearest is RecordTtl")]
    [InlineData("MaxThreads=1", "'MaxThreads' is no key of KPL and has no effect")]
    [InlineData("ThreadingModel=POOLED", "ThreadingModel is accepted and has no effect: requests are asynchronous, on the thread pool of .NET")]
    [InlineData("RateLimit=1\nRateLimit=2", "RateLimit and RateLimit are one key and have different values; the last one counts, as in KPL")]
    [InlineData("CollectionMaxSize=20000000", "CollectionMaxSize is '20000000': taken as 10485760, the most that is possible")]
    public void FromProperties_WhatWorksButNotAsMeant_IsAWarning(string text, string warning) =>
        Assert.Contains("properties: " + warning, KplOptions.FromProperties(text).ReadingWarnings);

    [Fact]
    public void FromProperties_AKeyTwice_TakesTheLast() =>
        Assert.Equal(2, KplOptions.FromProperties("RateLimit=0\nRateLimit=2").RateLimit);

    [Fact]
    public void FromProperties_AnUnknownKey_DoesNotShowItsValue() =>
        Assert.DoesNotContain(KplOptions.FromProperties("AwsSecret=top").ReadingWarnings, static w => w.Contains("top", StringComparison.Ordinal));

    [Theory]
    [InlineData("RecordTtl=5s")]
    [InlineData("RateLimit=1e3")]
    [InlineData("MaxConnections=")]
    public void FromProperties_ANumberThatJavaDoesNotTake_IsAnError(string text) =>
        Assert.Contains(
            "expected is a whole number", Assert.Throws<KplOptionsException>(() => KplOptions.FromProperties(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("UserRecordTimeoutInMillis=5000", 5_000)]
    [InlineData("UserRecordTimeoutInMillis=5000\nRecordTtl=2000", 2_000)]
    [InlineData("RecordTtl=60000\nUserRecordTimeoutInMillis=50000", 50_000)]
    [InlineData("UserRecordTimeoutInMillis=0", 30_000)]
    [InlineData("UserRecordTimeoutInMillis=40000", 30_000)]
    [InlineData("UserRecordTimeoutInMillis=1", 100)]
    public void FromProperties_TheTimeoutOfUserRecords_LowersTheTimeToLive(string text, int milliseconds) =>
        Assert.Equal(milliseconds, KplOptions.FromProperties(text).RecordTtl.TotalMilliseconds);

    [Theory]
    [InlineData("MetricsLevel=none")]
    [InlineData("MetricsLevel = NONE")]
    public void FromProperties_WithoutMetrics_NamesNoSink(string text) => Assert.Null(KplOptions.FromProperties(text).Metrics.Sinks);

    [Fact]
    public void Validate_OptionsFromProperties_TellsTheirWarningsOnce()
    {
        var options = KplOptions.FromProperties("Nonsense=1\nMetricsLevel=none\nMetricsGranularity=shard\nRateLimit=150\nMaxUserRecordSize=1048576");
        Assert.Equal(["properties: 'Nonsense' is no key of KPL and has no effect"], KplOptionsValidator.Validate(options.Snapshot()).Warnings);
    }
}

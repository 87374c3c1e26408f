namespace Orleans.Kpl.Abstractions.Tests.Options;

/// <remarks>Tests <see cref="Settings.SettingsReader"/>.</remarks>
public class KplSettingsReadTests
{
    [Fact]
    public void Read_WhenKeysDifferInCase_FindsThem()
    {
        var options = Read(("recordTTL", "5s"), ("KINESIS:region", "eu-west-1"), ("streams:events:ratelimit", "50")).GetOptionsOrThrow();
        Assert.Equal(TimeSpan.FromSeconds(5), options.RecordTtl);
        Assert.Equal("eu-west-1", options.Kinesis.Region);
        Assert.Equal(50, options.GetStream("events").RateLimit);
        Assert.Equal(100, options.GetStream("Events").RateLimit);
    }

    [Fact]
    public void Read_WhenAStreamHasItsOwn_InheritsTheRest()
    {
        var options = Read(("Streams:events:RecordTtl", "1m"), ("Streams:events:RateLimit", "50"), ("RateLimit", "80"), ("MaxAttempts", "7"))
            .GetOptionsOrThrow();
        var events = options.GetStream("events");
        Assert.Equal((TimeSpan.FromMinutes(1), 50, 7), (events.RecordTtl, events.RateLimit, events.MaxAttempts));
        Assert.Equal((TimeSpan.FromSeconds(30), 80), (options.GetStream("other").RecordTtl, options.GetStream("other").RateLimit));
        Assert.Equal(["events"], options.ConfiguredStreams);
    }

    [Fact]
    public void Read_WhenAStreamIsAnArn_TakesAllButTheLastPart()
    {
        const string arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/events";
        var options = Read(($"Streams:{arn}:RecordTtl", "2s")).GetOptionsOrThrow();
        Assert.Equal(TimeSpan.FromSeconds(2), options.GetStream(arn).RecordTtl);
    }

    [Theory]
    [InlineData("Region", "eu-west-1", "Kinesis:Region")]
    [InlineData("ConnectTimeout", "1s", "Kinesis:ConnectTimeout")]
    [InlineData("VerifyCertificate", "false", "Kinesis:VerifyCertificate")]
    [InlineData("CaCertFile", "/etc/ca.pem", "Kinesis:CaCertFile")]
    [InlineData("ProxyHost", "proxy", "Kinesis:ProxyHost")]
    [InlineData("ProxyPort", "8080", "Kinesis:ProxyPort")]
    [InlineData("ProxyUserName", "me", "Kinesis:ProxyUserName")]
    [InlineData("ProxyPassword", "secret", "Kinesis:ProxyPassword")]
    [InlineData("UseArnHost", "true", "Kinesis:UseArnHost")]
    public void Read_WhenKplsOwnSpelling_IsTheSameSetting(string alias, string text, string name)
    {
        var setting = Assert.IsType<Settings.Setting<KplOptions>>(KplSettings.All.Single(s => s.Name == name), exactMatch: false);
        Assert.Equal(text, setting.Show(Read((alias, text)).GetOptionsOrThrow()));
        Assert.Equal(text, setting.Show(Read((alias, text), (name, text)).GetOptionsOrThrow()));
    }

    [Fact]
    public void Read_WhenTwoNamesOfOneSettingDiffer_SaysBoth() =>
        Assert.Equal(
            ["Kpl:Region and Kpl:Kinesis:Region are one setting and have different values"],
            Read(("Region", "eu-west-1"), ("Kinesis:Region", "us-east-1")).Errors);

    [Fact]
    public void Read_WhenKplsEndpoint_IsAnHttpsUrl()
    {
        Assert.Equal(new Uri("https://kinesis.example.com"), Read(("KinesisEndpoint", "kinesis.example.com")).GetOptionsOrThrow().Kinesis.EndpointUrl);
        Assert.Equal(
            new Uri("https://10.0.0.1:4567"),
            Read(("KinesisPort", "4567"), ("KinesisEndpoint", "10.0.0.1"), ("Kinesis:EndpointUrl", "https://10.0.0.1:4567"))
                .GetOptionsOrThrow().Kinesis.EndpointUrl);
        Assert.Equal(["Kpl:KinesisPort has no effect without Kpl:KinesisEndpoint"], Read(("KinesisPort", "4567")).Warnings);
        Assert.Equal(
            ["Kpl:KinesisEndpoint and Kpl:Kinesis:EndpointUrl say different things: https://a/ and 'http://a'"],
            Read(("KinesisEndpoint", "a"), ("Kinesis:EndpointUrl", "http://a")).Errors);
    }

    [Theory]
    [InlineData("RecordTl", "RecordTtl")]
    [InlineData("RecrodTtl", "RecordTtl")]
    [InlineData("AggregationMaxsizes", "AggregationMaxSize")]
    [InlineData("Kinesis:Regoin", "Kinesis:Region")]
    [InlineData("Kinesiss:Region", "Kinesis:Region")]
    [InlineData("EndpointUrl", "Kinesis:EndpointUrl")]
    [InlineData("Streams:events:RateLimits", "Streams:events:RateLimit")]
    [InlineData("Stream:events:RateLimit", "Streams:events:RateLimit")]
    [InlineData("BacklogDirectory", "Backlog:Directory")]
    [InlineData("Backlog:Directry", "Backlog:Directory")]
    [InlineData("Backlog:MaxBytes", "BacklogMaxBytes")]
    [InlineData("Streams:events:BacklogAge", "Streams:events:BacklogMaxAge")]
    [InlineData("Htpp:Port", "Http")]
    public void Read_WhenAKeyIsNotKnown_NamesTheNearest(string key, string nearest)
    {
        var report = KplSettings.Read([new(key, "do not show")], "Http", "Cluster");
        Assert.Equal($"Kpl:{key} is not known; the nearest is Kpl:{nearest}", Assert.Single(report.Errors));
    }

    [Fact]
    public void Read_WhenAKeyIsVeryLong_SaysThatNoneIsLikeIt() =>
        Assert.Matches("^Kpl:x+ is not known; no setting has a name like it$", Assert.Single(Read((new string('x', 5_000), "1")).Errors));

    [Theory]
    [InlineData("Streams:events:Foo")]
    [InlineData("Foo")]
    [InlineData("TempDirectry")] // a setting without effect is no advice
    [InlineData("Port")]
    public void Read_WhenNothingIsNear_NamesNoOtherSetting(string key) =>
        Assert.Equal($"Kpl:{key} is not known; no setting has a name like it", Assert.Single(Read((key, "1")).Errors));

    [Fact]
    public void Read_WhenASectionBelongsToSomeoneElse_SkipsIt()
    {
        var report = KplSettings.Read([new("Http:Port", "x"), new("http", null), new("Cluster:Id", "kpl"), new("HttpPort", "1")], "Http", "Cluster");
        Assert.StartsWith("Kpl:HttpPort is not known", Assert.Single(report.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Metrics:Sinks:0", "Graphite", "Kpl:Metrics:Sinks is 'Graphite': allowed is InMemory")]
    [InlineData("Metrics:Sinks:first", "InMemory", "Kpl:Metrics:Sinks:first is not known")]
    [InlineData("RecordTtl:0", "5s", "Kpl:RecordTtl:0 is not known")]
    public void Read_WhenNoEntryOfAList_RefusesIt(string path, string text, string error) =>
        Assert.StartsWith(error, Assert.Single(Read((path, text)).Errors), StringComparison.Ordinal);

    [Fact]
    public void Read_WhenEmptySectionsShowUp_IgnoresThem()
    {
        Assert.Empty(Read(("Kinesis", null), ("Backlog", null), ("Metrics", null), ("Otlp", null), ("Streams", null), ("Streams:events", null),
            ("RecordTtl", null), ("Streams:events:RecordTtl", null)).Errors);
        Assert.Single(Read(("Foo", null)).Errors);
        Assert.StartsWith("Kpl:Streams:events is a section", Assert.Single(Read(("Streams:events", "x")).Errors), StringComparison.Ordinal);
    }

    /// <summary>"Kpl:Kinesis is not known; the nearest is Kpl:KinesisPort", to one who wrote the endpoint there.</summary>
    [Theory]
    [InlineData("Kinesis", "Kinesis:EndpointUrl")]
    [InlineData("kinesis", "Kinesis:EndpointUrl")]
    [InlineData("Backlog", "Backlog:Directory")]
    [InlineData("Metrics", "Metrics:Sinks")]
    [InlineData("Otlp", "Otlp:InstrumentPrefix")]
    [InlineData("Streams", "Streams:NAME:RecordTtl")]
    public void Read_WhenASectionHasAValue_SaysThatItIsASection(string path, string example) =>
        Assert.Equal(
            $"Kpl:{path} is a section and has no value itself; a setting of it would be Kpl:{example}", Assert.Single(Read((path, "http://127.0.0.1")).Errors));

    [Fact]
    public void Read_WhenASettingOfTheProcessIsSetForAStream_SaysWhereItGoes() =>
        Assert.Equal(
            ["Kpl:Streams:events:Region cannot be set for one stream, only for the process: Kpl:Kinesis:Region"],
            Read(("Streams:events:Region", "eu-west-1")).Errors);

    [Theory]
    [InlineData("NativeExecutable")]
    [InlineData("TempDirectory")]
    [InlineData("EnableCoreDumps")]
    [InlineData("ThreadingModel")]
    [InlineData("ThreadPoolSize")]
    [InlineData("MinConnections")]
    [InlineData("EnableDaemonHealthCheck")]
    public void Read_WhenItMeansNothingHere_AcceptsItAndSaysWhy(string name)
    {
        var report = Read((name, "anything"));
        Assert.Empty(report.Errors);
        Assert.StartsWith($"Kpl:{name} is accepted and has no effect: ", Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AggregationEnabled", "false", "with Ordered PutRecord every Kinesis record is an aggregate, because its order holds for one partition key only; PutRecords goes without")]
    [InlineData("ContainerKey", "First", "with Ordered PutRecord it must be A, because its order holds for one partition key only; PutRecords takes any")]
    public void Read_WhenTheStreamIsOrderedByPutRecord_RefusesWhatChangesItsKey(string name, string text, string reason)
    {
        Assert.Equal([$"Kpl:{name} is '{text}': {reason}"], Read(("Ordered", "PutRecord"), (name, text)).Errors);
        Assert.Equal([$"Kpl:Streams:events:{name} is '{text}': {reason}"], Read(("Streams:events:Ordered", "putrecord"), ($"Streams:events:{name}", text)).Errors);
        Assert.Empty(Read(("Ordered", "PutRecords"), (name, text)).Errors);
    }

    [Theory]
    [InlineData("PutRecord", "with Ordered PutRecord it must be A, because its order holds for one partition key only; PutRecords takes any")]
    [InlineData("PutRecords", "with Ordered it must be A or First, because aggregates of one key each leave in another order than their records came")]
    public void Read_WhenTheStreamIsOrdered_RefusesAggregatesOfOneKey(string ordered, string reason) =>
        Assert.Equal([$"Kpl:ContainerKey is 'SameKeyOnly': {reason}"], Read(("Ordered", ordered), ("ContainerKey", "SameKeyOnly")).Errors);

    [Theory]
    [InlineData("Ordered", "PutRecord", "with Ordered 'PutRecord' it must be ByKey, because it spreads the records of one key over all shards; set Routing to ByKey, or Ordered to Off")]
    [InlineData("Ordered", "PutRecords", "with Ordered 'PutRecords' it must be ByKey, because it spreads the records of one key over all shards; set Routing to ByKey, or Ordered to Off")]
    [InlineData("ContainerKey", "SameKeyOnly", "with ContainerKey 'SameKeyOnly' it must be ByKey, because it spreads the records of one key over all shards; set Routing to ByKey, or ContainerKey to A")]
    public void Read_WhenKeysKeepRecordsTogether_RefusesEvenRouting(string name, string text, string reason)
    {
        Assert.Equal([$"Kpl:Routing is 'Even': {reason}"], Read(("Routing", "even"), (name, text)).Errors);
        Assert.Equal([$"Kpl:Streams:events:Routing is 'Even': {reason}"], Read(("Streams:events:Routing", "Even"), ($"Streams:events:{name}", text)).Errors);
        Assert.Empty(Read(("Routing", "ByKey"), (name, text)).Errors);
    }

    [Fact]
    public void Read_WhenEvenRoutingMeetsEveryObstacle_TellsAll() =>
        Assert.Equal(3, Read(("Routing", "Even"), ("Ordered", "PutRecords"), ("ContainerKey", "SameKeyOnly")).Errors.Count);

    [Fact]
    public void Read_WhenTheStreamIsOrdered_GivesRequestsMoreTime()
    {
        var options = Read(("Streams:a:Ordered", "PutRecord"), ("Streams:b:Ordered", "PutRecords"), ("Streams:b:RequestTimeout", "3s")).Options;
        Assert.Equal([6, 15, 3], new[] { "c", "a", "b" }.Select(s => options.GetStream(s).RequestTimeout.TotalSeconds));
    }

    [Fact]
    public void Read_WhenOneStreamHasAWireFormat_TakesItForThatOne()
    {
        var report = Read(("WireFormat", "json"), ("Streams:events:WireFormat", "cbor"));
        Assert.Empty(report.Errors);
        Assert.Equal([WireFormat.Json, WireFormat.Cbor], new[] { "others", "events" }.Select(s => report.Options.GetStream(s).WireFormat));
    }

    [Fact]
    public void Read_WhenMuchIsWrong_TellsAllAtOnceAndKeepsTheRest()
    {
        var report = Read(
            ("RecordTtl", "soon"), ("RateLimit", "0"), ("Recordtl", "1"), ("Kinesis:EndpointUrl", "nowhere"), ("Streams:e:BurstTime", "0"),
            ("BackoffInitial", "10s"), ("Kinesis:AccessKeyId", "AKID"), ("Streams:bad name:RateLimit", "50"), ("MaxAttempts", "3"));
        Assert.Equal(
            [
                "Kpl:RecordTtl is 'soon': expected is a duration such as 250 (milliseconds), 100ms, 5s, 2m or 1h: 100 milliseconds to 24 days",
                "Kpl:RateLimit is '0': allowed is 1 to 1000000000 per cent",
                "Kpl:Recordtl is not known; the nearest is Kpl:RecordTtl",
                "Kpl:Kinesis:EndpointUrl is 'nowhere': expected is a URL such as http://127.0.0.1:4567: http:// or https://, without user, query or fragment",
                "Kpl:Streams:e:BurstTime is '0': allowed is 1 millisecond to 1 minute",
                "Kpl:BackoffMax is '5s': it must not be below BackoffInitial, which is 10s",
                "Kpl:Kinesis:AccessKeyId is set without Kpl:Kinesis:SecretAccessKey",
                "Kpl:Streams:bad name names no stream: allowed is a stream's name (1 to 128 of a-z A-Z 0-9 _ . -) or a stream's ARN (arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME)",
            ],
            report.Errors);
        Assert.Equal(3, report.Options.MaxAttempts);

        var exception = Assert.Throws<KplOptionsException>(report.GetOptionsOrThrow);
        Assert.Equal(report.Errors, exception.Errors);
        Assert.All(report.Errors, e => Assert.Contains(e, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_WhenAValueIsLongOrHasControlCharacters_KeepsTheMessageOnOneShortLine()
    {
        var error = Assert.Single(Read(("RateLimit", "1\r\n" + new string('9', 10_000))).Errors);
        Assert.DoesNotContain('\n', error);
        Assert.InRange(error.Length, 100, 300);
    }

    private static OptionsReport<KplOptions> Read(params (string Key, string? Text)[] settings) =>
        KplSettings.Read(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Text)));
}

using Orleans.Kpl.Validation;

namespace Orleans.Kpl.Abstractions.Tests.Options;

public class KplOptionsValidatorTests
{
    [Fact]
    public void Validate_WhenDefault_FindsNothing()
    {
        var report = KplOptionsValidator.Validate(new KplOptions());
        Assert.Empty(report.Errors);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void Validate_WhenSetInCode_ChecksTheSameRanges()
    {
        var options = new KplOptions { RateLimit = 0, RecordTtl = TimeSpan.Zero, CollectionMaxCount = 501, Backoff = (BackoffKind)9 };
        options.Kinesis.EndpointUrl = new Uri("relative", UriKind.Relative);
        Assert.Equal(
            [
                "Kpl:CollectionMaxCount is '501': allowed is 1 to 500 records",
                "Kpl:RecordTtl is '0ms': allowed is 100 milliseconds to 24 days",
                "Kpl:RateLimit is '0': allowed is 1 to 1000000000 per cent",
                "Kpl:Backoff is '9': allowed is Exponential, Linear, Constant",
                "Kpl:Kinesis:EndpointUrl is 'relative': allowed is http:// or https://, without user, query or fragment",
            ],
            KplOptionsValidator.Validate(options).Errors);
    }

    [Fact]
    public void Validate_WhenAStreamInheritsAnError_TellsItOnce()
    {
        var options = new KplOptions { RateLimit = 0, BackoffMax = TimeSpan.FromMilliseconds(10) }
            .ForStream("a", s => s.MaxAttempts = 1)
            .ForStream("b", s => (s.RateLimit, s.BackoffInitial) = (-1, TimeSpan.FromMilliseconds(20)));
        Assert.Equal(
            [
                "Kpl:RateLimit is '0': allowed is 1 to 1000000000 per cent",
                "Kpl:BackoffMax is '10ms': it must not be below BackoffInitial, which is 50ms",
                "Kpl:Streams:b:RateLimit is '-1': allowed is 1 to 1000000000 per cent",
                "Kpl:Streams:b:BackoffMax is '10ms': it must not be below BackoffInitial, which is 20ms",
            ],
            KplOptionsValidator.Validate(options).Errors);
    }

    /// <summary>A container of 256 MiB, of which .NET takes three quarters.</summary>
    [Theory]
    [InlineData(192L << 20, true)]
    [InlineData(512L << 20, false)]
    [InlineData(0, false)] // not known
    public void CheckMemory_WhereWhatMayWaitIsMoreThanHalfOfTheMemory_Warns(long available, bool isTold)
    {
        var found = new OptionsFindings();
        ProcessRules.CheckMemory(found, new KplOptions(), available);
        const string text = "is '268435456', more than half of the 201326592 bytes that this process may use: "
            + "the system could end it, and what waits in memory would be lost";
        Assert.Equal(isTold ? [new OptionsFinding(false, "MaxOutstandingBytes", text)] : [], found);
    }

    [Fact]
    public void Validate_WhenSettingsHardlyFitEachOther_Warns()
    {
        var options = new KplOptions
        {
            RecordMaxBufferedTime = TimeSpan.FromSeconds(2),
            RecordTtl = TimeSpan.FromSeconds(1),
            AggregationMaxSize = 100_000,
            CollectionMaxSize = 60_000,
            MaxOutstandingRecords = 1_000,
            Kinesis = { Profile = "p", AccessKeyId = "a", SecretAccessKey = "s", ProxyUserName = "u", CaCertFile = "f", VerifyCertificate = false },
        };
        options.ForStream("s", s => (s.MaxOutstandingBytes, s.MaxOutstandingRecords) = (1L << 40, 1_001));
        var report = KplOptionsValidator.Validate(options);
        Assert.Empty(report.Errors);
        Assert.Equal(
            [
                "Kpl:RecordMaxBufferedTime is '2s', longer than RecordTtl, which is 1s: records are sent before that ends",
                "Kpl:AggregationMaxSize is '100000', more than CollectionMaxSize, which is 60000: each larger aggregate takes a call of its own",
                "Kpl:Kinesis:Profile has no effect beside Kpl:Kinesis:AccessKeyId",
                "Kpl:Kinesis:ProxyUserName has no effect without Kpl:Kinesis:ProxyHost",
                "Kpl:Kinesis:VerifyCertificate is false: anybody on the way can take the endpoint's place, and read the records",
                "Kpl:Kinesis:CaCertFile has no effect while Kpl:Kinesis:VerifyCertificate is false",
                "Kpl:Streams:s:MaxOutstandingBytes is '1099511627776', more than Kpl:MaxOutstandingBytes, which is 268435456 and holds for all streams together",
                "Kpl:Streams:s:MaxOutstandingRecords is '1001', more than Kpl:MaxOutstandingRecords, which is 1000 and holds for all streams together",
            ],
            report.Warnings);
    }

    [Theory]
    [InlineData("http://kinesis.example:4567", true)]
    [InlineData("https://kinesis.example:4567", false)]
    [InlineData("http://127.0.0.1:4567", false)]
    [InlineData("http://localhost:4567", false)]
    public void Validate_AnEndpointWithoutTls_WarnsWhereRecordsLeaveTheMachine(string endpoint, bool warns) =>
        Assert.Equal(
            warns ? ["Kpl:Kinesis:EndpointUrl is http and not on this machine: records and session tokens are sent in clear"] : [],
            KplOptionsValidator.Validate(new KplOptions { Kinesis = { EndpointUrl = new Uri(endpoint) } }).Warnings);

    [Fact]
    public void Validate_WhenCredentialsAreNotWhole_SaysWhatIsMissing()
    {
        Assert.Equal(
            ["Kpl:Kinesis:SecretAccessKey is set without Kpl:Kinesis:AccessKeyId", "Kpl:Kinesis:SessionToken is set without Kpl:Kinesis:AccessKeyId"],
            KplOptionsValidator.Validate(new KplOptions { Kinesis = { SecretAccessKey = "x", SessionToken = "y" } }).Errors);
        Assert.Equal(
            ["Kpl:Kinesis:ProxyPassword has no effect without Kpl:Kinesis:ProxyUserName"],
            KplOptionsValidator.Validate(new KplOptions { Kinesis = { ProxyHost = "p", ProxyPassword = "x" } }).Warnings);
    }

    /// <summary>STS tells no longest token, and the environment may have it; 27 dimensions of 255 and 1,024 characters are what is told.</summary>
    [Fact]
    public void Validate_WhenATokenAndDimensionsAreLong_TakesThem()
    {
        var options = new KplOptions
        {
            Kinesis = { AccessKeyId = "a", SecretAccessKey = "s", SessionToken = new string('t', 4_096) },
            Metrics =
            {
                Sinks = ["CloudWatch"],
                Dimensions = [.. Enumerable.Range(10, 27).Select(static i => KeyValuePair.Create($"{i}{new string('n', 253)}", new string('v', 1_024)))],
            },
        };
        Assert.Empty(KplOptionsValidator.Validate(options).Errors);
    }

    [Theory]
    [InlineData("events", true)]
    [InlineData("a.b_c-9", true)]
    [InlineData("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/events", true)]
    [InlineData("arn:aws:kinesis:eu-west-1:123456789012:stream/", false)]
    [InlineData("arn:aws:sqs:eu-west-1:123456789012:stream/events", false)]
    [InlineData("arn:aws:kinesis:stream/events", false)]
    [InlineData("two words", false)]
    [InlineData("a:b", false)]
    public void Validate_WhenAStreamIsConfigured_ChecksItsName(string stream, bool isValid) =>
        Assert.Equal(isValid, KplOptionsValidator.Validate(new KplOptions().ForStream(stream, s => s.RateLimit = 50)).IsValid);

    [Fact]
    public void Validate_WhenAStreamNameIsLong_ChecksItsLength()
    {
        Assert.True(KplOptionsValidator.Validate(new KplOptions().ForStream(new string('a', 128), _ => { })).IsValid);
        Assert.False(KplOptionsValidator.Validate(new KplOptions().ForStream(new string('a', 129), _ => { })).IsValid);
    }
}

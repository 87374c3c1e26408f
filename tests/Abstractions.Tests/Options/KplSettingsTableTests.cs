using System.Globalization;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Options;

/// <summary>Every setting's default, edges and what lies beyond them, over the whole table.</summary>
public class KplSettingsTableTests
{
    private const string LongMax = "9223372036854775807";

    /// <summary>As they are documented; what is larger counts as the largest where told. Ranges are in words, each figure with its unit.</summary>
    private static readonly Dictionary<string, (string Default, string Min, string Max, bool Caps, string Range)> Bounded = new()
    {
        ["AggregationMaxCount"] = ("4294967295", "1", LongMax, false, "at least 1 record"),
        ["AggregationMaxSize"] = ("51200", "64", "10485760", false, "64 to 10485760 bytes"),
        ["CollectionMaxCount"] = ("500", "1", "500", true, "1 to 500 records"),
        ["CollectionMaxSize"] = ("5242880", "52224", "10485760", true, "52224 to 10485760 bytes"),
        ["RecordMaxBufferedTime"] = ("100ms", "0ms", "24d", true, "at most 24 days"),
        ["RecordTtl"] = ("30s", "100ms", "24d", true, "100 milliseconds to 24 days"),
        ["RateLimit"] = ("100", "1", "1000000000", true, "1 to 1000000000 per cent"),
        ["ShardRecordsPerSecond"] = ("0", "0", "1000000000", false, "at most 1000000000 records"),
        ["ShardBytesPerSecond"] = ("0", "0", "1000000000000", false, "at most 1000000000000 bytes"),
        ["BurstTime"] = ("100ms", "1ms", "1m", false, "1 millisecond to 1 minute"),
        ["MaxUserRecordSize"] = ("10485760", "64", "10485760", false, "64 to 10485760 bytes"),
        ["MaxAttempts"] = ("0", "0", "1000000", false, "at most 1000000 attempts"),
        ["BackoffInitial"] = ("50ms", "1ms", "1h", false, "1 millisecond to 1 hour"),
        ["BackoffMax"] = ("5s", "1ms", "1h", false, "1 millisecond to 1 hour"),
        ["MaxOutstandingRecords"] = ("0", "0", LongMax, false, "at least 0 records"),
        ["MaxOutstandingBytes"] = ("268435456", "1048576", LongMax, false, "at least 1048576 bytes"),
        ["RequestTimeout"] = ("6s", "100ms", "10m", false, "100 milliseconds to 10 minutes"),
        ["MaxConnections"] = ("24", "1", "256", false, "1 to 256 calls"),
        ["BacklogMaxBytes"] = ("10737418240", "1048576", LongMax, false, "at least 1048576 bytes"),
        ["BacklogMaxAge"] = ("7d", "1s", "365d", false, "1 second to 365 days"),
        ["Backlog:CommitDelay"] = ("5ms", "0ms", "1s", false, "at most 1 second"),
        ["Backlog:WriteUnitPrice"] = ("0.625", "0", "1000", false, "at most 1000 US dollars"),
        ["DrainTimeout"] = ("30s", "0ms", "1h", false, "at most 1 hour"),
        ["StopTimeout"] = ("90s", "1s", "1h", false, "1 second to 1 hour"),
        ["Kinesis:ConnectTimeout"] = ("6s", "100ms", "5m", false, "100 milliseconds to 5 minutes"),
        ["Kinesis:ProxyPort"] = ("443", "1", "65535", false, "1 to 65535"),
        ["KinesisPort"] = ("443", "1", "65535", false, "1 to 65535"),
        ["MetricsUploadDelay"] = ("1m", "1ms", "1m", false, "1 millisecond to 1 minute"),
        ["CloudwatchPort"] = ("443", "1", "65535", false, "1 to 65535"),
    };

    /// <summary>The default and the other values that this version takes.</summary>
    private static readonly Dictionary<string, (string Default, string[] Others)> Chosen = new()
    {
        ["AggregationEnabled"] = ("true", ["false"]),
        ["FrontAggregate"] = ("false", ["true"]),
        ["AdaptiveRate"] = ("true", ["false"]),
        ["FailIfThrottled"] = ("false", ["true"]),
        ["ProducerNumbers"] = ("false", ["true"]),
        ["Backoff"] = ("Exponential", ["Linear", "Constant"]),
        ["HighWaterMode"] = ("Block", ["Drop"]),
        ["AckLevel"] = ("Delivered", ["Accepted"]),
        ["Ordered"] = ("Off", []),
        ["Routing"] = ("ByKey", ["Even"]),
        ["ContainerKey"] = ("A", ["First", "SameKeyOnly"]),
        ["WireFormat"] = ("Auto", ["Cbor", "Json"]),
        ["Backlog:Sync"] = ("Always", ["Never"]),
        ["CheckAtStart"] = ("Log", ["Off", "Fail"]),
        ["LogKeys"] = ("false", ["true"]),
        ["ScalingPolicyAllowed"] = ("false", ["true"]),
        ["Kinesis:UseArnHost"] = ("false", ["true"]),
        ["MetricsLevel"] = ("Detailed", ["None", "Summary"]),
        ["MetricsGranularity"] = ("Auto", ["Global", "Stream", "Shard"]),
        ["Kinesis:VerifyCertificate"] = ("true", ["false"]),
        ["Kinesis:VectorHashing"] = ("true", ["false"]),
    };

    /// <summary>A value that is allowed and one that is not.</summary>
    private static readonly Dictionary<string, (string Good, string Bad)> Worded = new()
    {
        ["RoleArn"] = ("arn:aws:iam::123456789012:role/writer", "writer"),
        ["RoleExternalId"] = ("partner/42:a", "two words"),
        ["RoleSessionName"] = ("orders@eu-1", "a/b"),
        ["GlueSchemaRegistryPropertiesFilePath"] = ("/etc/glue.properties", "a\nb"),
        ["Backlog:Directory"] = ("/var/lib/kpl", "a\nb"),
        ["Kinesis:EndpointUrl"] = ("http://127.0.0.1:4567", "ftp://127.0.0.1"),
        ["Kinesis:Region"] = ("us-gov-west-1", "US West"),
        ["Kinesis:AccessKeyId"] = ("AKID", "a\nb"),
        ["Kinesis:SecretAccessKey"] = ("very-secret", "a\nb"),
        ["Kinesis:SessionToken"] = ("token", "a\nb"),
        ["Kinesis:Profile"] = ("default", "a\nb"),
        ["Kinesis:CaCertFile"] = ("/etc/ca.pem", "a\nb"),
        ["Kinesis:CaCertPath"] = ("/etc/ssl/certs", "a\nb"),
        ["PropertiesFile"] = (Path.Combine(Checkout.Root, "LICENSE"), "a\nb"),
        ["Kinesis:ProxyHost"] = ("proxy.local", "pro xy"),
        ["Kinesis:ProxyUserName"] = ("me", "a\nb"),
        ["Kinesis:ProxyPassword"] = ("very-secret", "a\nb"),
        ["KinesisEndpoint"] = ("kinesis.example.com", "https://kinesis.example.com"),
        ["MetricsNamespace"] = ("Orders/Kpl", "AWS/Kinesis"),
        ["Metrics:Sinks"] = ("InMemory,CloudWatch", "CloudWatch,Graphite"),
        ["Metrics:Meters"] = ("Microsoft.Orleans,System.Runtime", "a\nb"),
        ["Metrics:Dimensions"] = ("env=prod,team=orders", "env"),
        ["Metrics:StreamDimensions"] = ("team=orders", "team"),
        ["Metrics:ShardDimensions"] = ("host=a", "host"),
        ["CloudwatchEndpoint"] = ("monitoring.example.com", "https://monitoring.example.com"),
        ["Metrics:EndpointUrl"] = ("http://127.0.0.1:5000", "ftp://127.0.0.1"),
        ["Metrics:Region"] = ("us-gov-west-1", "US West"),
        ["Metrics:AccessKeyId"] = ("AKID", "a\nb"),
        ["Metrics:SecretAccessKey"] = ("very-secret", "a\nb"),
        ["Metrics:SessionToken"] = ("token", "a\nb"),
        ["Metrics:Profile"] = ("default", "a\nb"),
        ["Metrics:DatadogApiKey"] = ("very-secret", "two words"),
        ["Metrics:DatadogSite"] = ("us5.datadoghq.com", "https://datadoghq.eu"),
        ["Metrics:DatadogUrl"] = ("http://127.0.0.1:8126", "ftp://127.0.0.1"),
        ["Metrics:DatadogPrefix"] = ("orders.kpl_2", "2kpl"),
        ["Otlp:InstrumentPrefix"] = ("orders.kpl_2", "2kpl"),
        ["Otlp:Sources"] = ("Microsoft.Orleans.Runtime,orders", "a\nb"),
    };

    public static TheoryData<string> BoundedNames => [.. Bounded.Keys];

    public static TheoryData<string> ChosenNames => [.. Chosen.Keys];

    public static TheoryData<string> WordedNames => [.. Worded.Keys];

    [Fact]
    public void All_Always_IsCoveredHere()
    {
        var settings = KplSettings.All.Where(s => s is not FixedSetting).ToList();
        Assert.Equal(settings.Select(s => s.Name).Order(), Bounded.Keys.Concat(Chosen.Keys).Concat(Worded.Keys).Order());
        Assert.All(settings, s => Assert.EndsWith(".", s.Description, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(BoundedNames))]
    public void Read_WhenAtAnEdge_TakesIt(string name)
    {
        var (normal, min, max, caps, range) = Bounded[name];
        Assert.Equal(normal, Find(name).Default);
        Assert.Equal(range, Find(name).Range);
        Assert.Equal(caps, Find(name).Cap is not null);
        foreach (var edge in new[] { min, max })
        {
            var report = Read(name, edge);
            Assert.Empty(OwnErrors(name, report));
            Assert.Equal(edge, Show(name, report) ?? edge);
        }
    }

    [Theory]
    [MemberData(nameof(BoundedNames))]
    public void Read_WhenBelowTheSmallest_NamesSettingValueAndRange(string name)
    {
        var below = Step(Bounded[name].Min, -1);
        var notNegative = Bounded[name].Range.StartsWith("at most", StringComparison.Ordinal) ? ", and not less than 0" : "";
        Assert.Equal($"Kpl:{name} is '{below}': allowed is {Bounded[name].Range}{notNegative}", Assert.Single(OwnErrors(name, Read(name, below))));
    }

    [Theory]
    [MemberData(nameof(BoundedNames))]
    public void Read_WhenAboveTheLargest_RefusesItOrTakesTheLargest(string name)
    {
        var (_, _, max, caps, _) = Bounded[name];
        var above = max == LongMax ? "9223372036854775808" : Step(max, +1);
        var report = Read(name, above);
        if (caps)
        {
            Assert.Empty(report.Errors);
            Assert.Equal(max, Show(name, report));
            Assert.Contains($"Kpl:{name} is '{above}': taken as {max}, the most that is possible", report.Warnings);
            return;
        }

        var rule = max == LongMax ? "expected is a whole number:" : "allowed is";
        Assert.Equal($"Kpl:{name} is '{above}': {rule} {Find(name).Range}", Assert.Single(report.Errors));
    }

    [Theory]
    [MemberData(nameof(BoundedNames))]
    public void Read_WhenNoNumber_SaysWhatIsExpected(string name)
    {
        foreach (var text in new[] { "", "abc", "1,5", "0x10", "1e3" })
        {
            var error = Assert.Single(Read(name, text).Errors);
            Assert.StartsWith($"Kpl:{name} is '{text}': expected is a ", error, StringComparison.Ordinal);
            Assert.EndsWith(Find(name).Range, error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(ChosenNames))]
    public void Read_WhenAChoiceInAnyCase_TakesIt(string name)
    {
        var (normal, others) = Chosen[name];
        Assert.Equal(normal, Find(name).Default);
        foreach (var text in (string[])[normal, .. others])
        {
            foreach (var spelling in new[] { text, text.ToUpperInvariant(), text.ToLowerInvariant(), $" {text} " })
            {
                var report = Read(name, spelling);
                Assert.Empty(report.Errors);
                Assert.Equal(text, Show(name, report));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ChosenNames))]
    public void Read_WhenNoneOfTheChoices_NamesThem(string name)
    {
        foreach (var text in new[] { "", "maybe", "1", "-1", $"{Chosen[name].Default},{Chosen[name].Default}" })
            Assert.Equal($"Kpl:{name} is '{text}': expected is one of: {Find(name).Range}", Assert.Single(Read(name, text).Errors));
    }

    [Theory]
    [MemberData(nameof(WordedNames))]
    public void Read_WhenTextIsAllowed_TakesItAndEmptyAsNone(string name)
    {
        Assert.Equal(name switch { "MetricsNamespace" => "KinesisProducerLibrary", "Metrics:DatadogPrefix" => "kpl", _ => "" }, Find(name).Default);
        Assert.Empty(OwnErrors(name, Read(name, "")));
        var report = Read(name, Worded[name].Good);
        Assert.Empty(OwnErrors(name, report));
        Assert.Equal(Worded[name].Good, Show(name, report) ?? Worded[name].Good);
    }

    [Theory]
    [MemberData(nameof(WordedNames))]
    public void Read_WhenTextIsNotAllowed_ShowsItUnlessItIsASecret(string name)
    {
        var error = Assert.Single(OwnErrors(name, Read(name, Worded[name].Bad)));
        Assert.StartsWith($"Kpl:{name} ", error, StringComparison.Ordinal);
        Assert.Equal(!Find(name).IsSecret, error.Contains($"'{Worded[name].Bad.Replace('\n', '?')}'", StringComparison.Ordinal));
    }

    [Fact]
    public void IsSecret_Always_MarksWhatMustNotBeShown() =>
        Assert.Equal(
            ["Kinesis:SecretAccessKey", "Kinesis:SessionToken", "Kinesis:ProxyPassword", "Metrics:SecretAccessKey", "Metrics:SessionToken",
                "Metrics:DatadogApiKey"],
            KplSettings.All.Where(s => s.IsSecret).Select(s => s.Name));

    private static KplSetting Find(string name) => KplSettings.All.Single(s => s.Name == name);

    private static OptionsReport<KplOptions> Read(string name, string text) => KplSettings.Read([new(name, text)]);

    /// <summary>Without what contradicts the default of another setting, as an edge may.</summary>
    private static IEnumerable<string> OwnErrors(string name, OptionsReport<KplOptions> report) =>
        report.Errors.Where(e => e.StartsWith($"Kpl:{name} is '", StringComparison.Ordinal) || e.Contains("not allowed", StringComparison.Ordinal))
            .Where(e => !e.Contains("must not be below", StringComparison.Ordinal));

    /// <summary>The value in the options; null for KPL's two parts of the endpoint, which are no property.</summary>
    private static string? Show(string name, OptionsReport<KplOptions> report) => Find(name) switch
    {
        Setting<StreamOptions> s => s.Show(report.Options),
        Setting<KplOptions> s => s.Show(report.Options),
        _ => null,
    };

    /// <summary>The next value beyond an edge, as text.</summary>
    private static string Step(string edge, int by)
    {
        if (long.TryParse(edge, CultureInfo.InvariantCulture, out var number))
            return (number + by).ToString(CultureInfo.InvariantCulture);
        Assert.True(DurationText.TryParse(edge, out var duration));
        return DurationText.Format(duration + TimeSpan.FromMilliseconds(by));
    }
}

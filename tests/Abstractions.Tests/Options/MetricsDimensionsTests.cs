namespace Orleans.Kpl.Abstractions.Tests.Options;

public sealed class MetricsDimensionsTests
{
    [Fact]
    public void Read_TakesNamesAndValues_InTheirOrder()
    {
        var report = KplSettings.Read([new("Metrics:Dimensions", " team = orders ,env=a=b,"), new("Metrics:Sinks", "CloudWatch")]);
        Assert.Empty(report.Errors.Concat(report.Warnings));
        Assert.Equal([new("team", "orders"), new("env", "a=b")], report.Options.Metrics.Dimensions);
    }

    [Fact]
    public void Check_NamesEverythingThatIsWrong_AtOnce()
    {
        var options = new KplOptions
        {
            Metrics =
            {
                Sinks = ["Datadog"],
                Dimensions =
                [
                    new("", "a"), new(":a", "a"), new("a=b", "a"), new("shardid", "a"), new("twice", "a"), new("twice", "b"), new("empty", " "), new("ü", "a"),
                    new("long", new string('a', 1_025)),
                ],
            },
        };
        const string Rule = "1 to 255 characters of printable ASCII without ',' and '=', not beginning with ':'";
        const string ValueRule = "1 to 1024 characters of printable ASCII without ','";
        string[] expected =
        [
            $"has the name '': {Rule}", $"has the name ':a': {Rule}", $"has the name 'a=b': {Rule}",
            "has the name 'shardid', which is one of ours: ErrorCode, Result, Sink, StreamName, ShardId",
            $"has the value ' ' of 'empty': {ValueRule}", $"has the name 'ü': {Rule}", "has 'twice' twice",
        ];
        var errors = ErrorsOf(options);
        Assert.All(expected, e => Assert.Contains($"Kpl:Metrics:Dimensions {e}", errors));
        Assert.Contains(errors, static e => e.EndsWith($"of 'long': {ValueRule}", StringComparison.Ordinal));
        Assert.Equal(expected.Length + 1, errors.Count(static e => e.StartsWith("Kpl:Metrics:Dimensions has", StringComparison.Ordinal)));
    }

    /// <summary>With stream, shard and code they are the 30 that CloudWatch takes.</summary>
    [Theory]
    [InlineData(27, true)]
    [InlineData(28, false)]
    public void Check_LimitsTheirNumber(int count, bool isAllowed)
    {
        var options = new KplOptions { Metrics = { Sinks = ["CloudWatch"], Dimensions = [.. Enumerable.Range(0, count).Select(static i => KeyValuePair.Create($"n{i}", "a"))] } };
        Assert.Equal(
            isAllowed ? [] : ["Kpl:Metrics:Dimensions has 28: CloudWatch takes 30 for a metric, of which 27 may be yours"],
            ErrorsOf(options));
    }

    /// <summary>A metric of a shard has those of all three settings.</summary>
    [Fact]
    public void Check_OfAllSettings_CountsThemTogether()
    {
        var options = new KplOptions
        {
            Metrics =
            {
                Sinks = ["CloudWatch"], Dimensions = [.. Enumerable.Range(0, 20).Select(static i => KeyValuePair.Create($"n{i}", "a"))],
                StreamDimensions = [.. Enumerable.Range(19, 8).Select(static i => KeyValuePair.Create($"n{i}", "a"))], ShardDimensions = [new("ShardId", "a")],
            },
        };
        Assert.Equal(
            [
                "Kpl:Metrics:ShardDimensions has the name 'ShardId', which is one of ours: ErrorCode, Result, Sink, StreamName, ShardId",
                "Kpl:Metrics:ShardDimensions has 29: CloudWatch takes 30 for a metric, of which 27 may be yours",
                "Kpl:Metrics:ShardDimensions has 'n19' twice",
            ],
            ErrorsOf(options));
    }

    [Fact]
    public void Credentials_InCodeBesideSettings_AreAnError()
    {
        var options = new KplOptions { Metrics = { AccessKeyId = "a", SecretAccessKey = "b", Credentials = static _ => throw new NotSupportedException() } };
        Assert.Equal(["Kpl:Metrics:AccessKeyId is set beside MetricsOptions.Credentials: give one of them"], ErrorsOf(options));
    }

    [Fact]
    public void Dimensions_WithoutASinkThatTakesThem_AreWarnedOf()
    {
        var options = new KplOptions { Metrics = { Sinks = ["Prometheus"], Dimensions = [new("env", "prod")] } };
        Assert.Contains(
            "Kpl:Metrics:Dimensions has no effect without CloudWatch or Datadog in Kpl:Metrics:Sinks", KplOptionsValidator.ValidateMetrics(options).Warnings);
    }

    private static IReadOnlyList<string> ErrorsOf(KplOptions options) => KplOptionsValidator.ValidateMetrics(options).Errors;
}

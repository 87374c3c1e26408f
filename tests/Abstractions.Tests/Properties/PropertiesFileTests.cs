namespace Orleans.Kpl.Abstractions.Tests.Properties;

/// <remarks>Tests <see cref="Settings.JavaProperties"/>, and who wins.</remarks>
public sealed class PropertiesFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Read_WhereOtherSourcesSayNothing_TakesTheFile()
    {
        var report = Read("RecordTtl=5000\nRegion=eu-west-1\nKinesisPort=8443");
        Assert.Empty(report.Errors);
        Assert.Equal((5, "eu-west-1", 150), (report.Options.RecordTtl.TotalSeconds, report.Options.Kinesis.Region, report.Options.RateLimit));
        Assert.Equal(
            [
                $"Kpl:PropertiesFile '{_path}': KPL's own defaults hold for what it leaves out: RateLimit 150, MaxUserRecordSize 1048576, MetricsGranularity shard, Metrics:Sinks CloudWatch",
                "Kpl:KinesisPort has no effect without Kpl:KinesisEndpoint",
            ],
            report.Warnings);
    }

    [Fact]
    public void Read_WhatOtherSourcesSay_ComesBeforeTheFile()
    {
        var report = Read(
            "RecordTtl=5000\nRegion=eu-west-1\nRateLimit=50\nKinesisEndpoint=a.example\nCloudwatchEndpoint=b.example\nAwsAccessKeyId=old\nAwsSecretKey=old",
            ("Region", "us-east-1"), ("RateLimit", "70"), ("Kinesis:EndpointUrl", "http://127.0.0.1:4567"), ("Metrics:EndpointUrl", "http://127.0.0.1:5000"),
            ("Kinesis:Profile", "mine"), ("MaxUserRecordSize", "10485760"), ("MetricsGranularity", "Auto"), ("Metrics:Sinks", "none"),
            ("Streams:events:RecordTtl", "7s"));
        Assert.Empty(report.Errors);
        Assert.Empty(report.Warnings);
        var options = report.Options;
        Assert.Equal((5, "us-east-1", 70, 10_485_760), (options.RecordTtl.TotalSeconds, options.Kinesis.Region, options.RateLimit, options.MaxUserRecordSize));
        Assert.Equal(7, options.GetStream("events").RecordTtl.TotalSeconds);
        Assert.Equal(new Uri("http://127.0.0.1:4567"), options.Kinesis.EndpointUrl);
        Assert.Equal((null, null), (options.Kinesis.AccessKeyId, options.Metrics.CloudwatchEndpoint));
        Assert.Empty(options.Metrics.Sinks!);
    }

    [Fact]
    public void Read_HalfOfTheEndpointElsewhere_IsJoinedWithTheFile() =>
        Assert.Equal(
            new Uri("https://kinesis.example:4567"),
            Read("KinesisPort=4567", ("KinesisEndpoint", "kinesis.example")).GetOptionsOrThrow().Kinesis.EndpointUrl);

    [Fact]
    public void Read_ABadValueInTheFile_IsAnErrorBesideTheOthers()
    {
        var report = Read("RateLimit=0\nRecordTtl=1", ("MaxAttempts", "-1"));
        Assert.Equal(
            [
                "Kpl:MaxAttempts is '-1': allowed is at most 1000000 attempts, and not less than 0",
                $"Kpl:PropertiesFile '{_path}': RateLimit is '0': allowed is 1 to 1000000000 per cent",
                $"Kpl:PropertiesFile '{_path}': RecordTtl is '1': allowed is 100 milliseconds to 24 days; a number without a unit is milliseconds",
            ],
            report.Errors);
    }

    [Fact]
    public void Read_AFileThatIsNotThere_IsAnError()
    {
        var report = KplSettings.Read([new("PropertiesFile", "/no/such/kpl.properties")]);
        Assert.StartsWith("Kpl:PropertiesFile is '/no/such/kpl.properties': the file cannot be read: ", Assert.Single(report.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AFileThatEverybodyMayWrite_IsRefused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("files have no modes here");
            return;
        }

        File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Contains("every user of this machine may write", Assert.Single(Read("RateLimit=50").Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AFileThatIsTooLong_IsRefused() =>
        Assert.EndsWith("the file is longer than 1048576 bytes", Assert.Single(Read(new string('#', 1_048_577)).Errors), StringComparison.Ordinal);

    [Fact]
    public void Read_AFileForOneStream_SaysWhereItGoes() =>
        Assert.Equal(
            ["Kpl:Streams:events:PropertiesFile cannot be set for one stream, only for the process: Kpl:PropertiesFile"],
            KplSettings.Read([new("Streams:events:PropertiesFile", "kpl.properties")]).Errors);

    [Fact]
    public void Read_BytesBeyondAscii_AreLatin1AsInJava()
    {
        File.WriteAllBytes(_path, [0xEF, 0xBB, 0xBF, .. "ProxyUserName=m"u8, 0xFC]);
        Assert.Equal("mü", KplSettings.Read([new("PropertiesFile", _path)]).GetOptionsOrThrow().Kinesis.ProxyUserName);
    }

    [Theory]
    [InlineData("RateLimit=50", null, new[] { "Prometheus", "CloudWatch" })]
    [InlineData("MetricsLevel=none", null, new[] { "Prometheus" })]
    [InlineData("RateLimit=50", "InMemory", new[] { "InMemory" })]
    [InlineData("RateLimit=50", "none", new string[0])]
    public void Read_InATier_CloudWatchStandsBesideItsOwnSink(string file, string? sinks, string[] expected)
    {
        var options = Read(file, ("Metrics:Sinks", sinks)).GetOptionsOrThrow().Snapshot();
        options.Metrics.AddPrometheusOfTier();
        Assert.Equal(expected, options.Metrics.Sinks!);
    }

    private OptionsReport<KplOptions> Read(string text, params (string Key, string? Text)[] settings)
    {
        File.WriteAllText(_path, text);
        return KplSettings.Read([new("PropertiesFile", _path), .. settings.Select(static s => new KeyValuePair<string, string?>(s.Key, s.Text))]);
    }
}

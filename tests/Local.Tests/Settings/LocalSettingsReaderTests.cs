using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.Local.Settings;

namespace Orleans.Kpl.Local.Tests.Settings;

public sealed class LocalSettingsReaderTests
{
    [Fact]
    public void Read_WhenNothingIsGiven_HasTheDefaults()
    {
        var settings = Read([], out var errors)!;

        Assert.Empty(errors);
        Assert.Equal(("127.0.0.1", 8080, "events"), (settings.Http.Address, settings.Http.Port, settings.Http.DefaultStream));
        Assert.Equal((4567, null, "bucket:1000"), (settings.LocalKinesis!.Port, settings.LocalKinesis.TlsPort, settings.LocalKinesis.LimitModel.ToString()));
        Assert.Equal(("events", 4), (Assert.Single(settings.StreamsToCreate).Name, settings.StreamsToCreate[0].ShardsOrDefault));
    }

    [Fact]
    public void Read_TheCommandLineGoesBeforeEverythingElse()
    {
        var settings = Read(
            ["--http-port", "2", "--Kpl:RecordTtl=2s"], out var errors, ("Kpl:Http:Port", "1"), ("Kpl:Http:MaxRecords", "9"), ("Kpl:RecordTtl", "1s"),
            ("Kpl:Streams:events:RateLimit", "50"))!;
        Assert.Empty(errors);
        Assert.Equal((2, 9, TimeSpan.FromSeconds(2), 50),
            (settings.Http.Port, settings.Http.MaxRecords, settings.Kpl.RecordTtl, settings.Kpl.GetStream("events").RateLimit));
    }

    /// <summary>What else has a port was held against the usual one, 8080, and not against that of the argument.</summary>
    [Theory]
    [InlineData("8080", null)]
    [InlineData("9090", "Kpl:Http:HealthPort is '9090': it must differ from Kpl:Http:Port and Kpl:Http:AdminPort")]
    public void Read_APortBesideThatOfHttp_MustDifferFromTheArguments(string port, string? error)
    {
        Read(["--http-port", "9090"], out var errors, ("Kpl:Http:HealthPort", port));
        Assert.Equal(error is null ? [] : [error], errors);
    }

    [Fact]
    public void Read_WhenADefaultStreamIsSet_IsTheOneToCreate()
    {
        Assert.Equal("orders", Assert.Single(Read([], out _, ("Kpl:Http:DefaultStream", "orders"))!.StreamsToCreate).Name);
        Assert.Equal("b", Read(["--stream", "a", "--stream", "b"], out _, ("Kpl:Http:DefaultStream", "b"))!.Http.DefaultStream);
        Read(["--stream", "a"], out var errors, ("Kpl:Http:DefaultStream", "b"));
        Assert.Contains("'b' is none of the streams: a", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--kinesis-endpoint", "https://host:1")]
    [InlineData("--Kpl:Kinesis:EndpointUrl", "https://host:1")]
    public void Read_WhenAnEndpointIsGiven_StartsNoneAndCreatesNothing(string name, string value)
    {
        const string arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
        var settings = Read([name, value, "--stream", arn, "--kinesis-port", "5"], out var errors)!;

        Assert.Empty(errors);
        Assert.Equal(new Uri("https://host:1"), settings.Kpl.Kinesis.EndpointUrl);
        Assert.Null(settings.LocalKinesis);
        Assert.Empty(settings.StreamsToCreate);
        Assert.Equal(arn, settings.Http.DefaultStream);
        Assert.Contains("--kinesis-port has no effect", Assert.Single(settings.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b", "--stream: 'a b' is not a stream's name")]
    [InlineData("arn:aws:kinesis:eu-west-1:123456789012:stream/orders", "cannot be created")]
    public void Read_WhenAStreamCannotBeCreated_SaysWhy(string stream, string reason)
    {
        Read(["--stream", stream], out var errors);
        Assert.Contains(reason, Assert.Single(errors), StringComparison.Ordinal);
        Read(["--stream", stream, "--kinesis-endpoint", "https://host:1", "--create-streams"], out errors);
        Assert.Contains(reason, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenPartsOfTheEndpointAreWrong_NamesThem()
    {
        Read(["--kinesis-port", "5", "--kinesis-tls-port", "5"], out var errors);
        Assert.Equal("The local Kinesis endpoint: TlsPort must differ from Port.", Assert.Single(errors));
        Read(["--kinesis-tls-certificate", "tls.pem"], out errors);
        Assert.Equal("The local Kinesis endpoint: TlsCertificateFile needs TlsPort.", Assert.Single(errors));
        var settings = Read(["--kinesis-tls-certificate", "tls.pem", "--kinesis-tls-port", "0"], out errors)!;
        Assert.Equal((0, "tls.pem"), (settings.LocalKinesis!.TlsPort, settings.LocalKinesis.TlsCertificateFile));
    }

    /// <summary>A password in an address was quoted on standard error, where whoever reads the log of a start has it.</summary>
    [Theory]
    [InlineData("--kinesis-endpoint", "--kinesis-endpoint")]
    [InlineData("--Kpl:Kinesis:EndpointUrl", "Kpl:Kinesis:EndpointUrl")]
    [InlineData("--Kpl:Metrics:EndpointUrl", "Kpl:Metrics:EndpointUrl")]
    public void Read_OfAnAddressWithAPassword_RefusesIt_AndDoesNotTellIt(string argument, string told)
    {
        foreach (var address in (string[])["http://user:secret@127.0.0.1:4567", "user:secret@kinesis"])
        {
            Read([argument, address], out var errors);
            var error = Assert.Single(errors);
            Assert.StartsWith($"{told} has a value that is not allowed: ", error, StringComparison.Ordinal);
            Assert.EndsWith("http:// or https://, without user, query or fragment", error, StringComparison.Ordinal);
        }
    }

    /// <summary>The endpoint refused the second one when it was to be created: a stack trace.</summary>
    [Fact]
    public void Read_WhenThereAreTooManyShards_SaysSo()
    {
        Read(["--stream", "a=1", "--stream", $"b={int.MaxValue}"], out var errors);
        Assert.Equal("--stream: 2147483648 shards in all are more than the local Kinesis endpoint has, 20000", Assert.Single(errors));
    }

    [Fact]
    public void Read_WithData_HasABacklogThere()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "made", "here");
        var settings = Read(["--data", data, "--Kpl:HighWaterMode=Spill"], out var errors, ("Kpl:Backlog:Directory", "elsewhere"),
            ("Kpl:AckLevel", "Persisted"))!;

        Assert.Empty(errors);
        Assert.Equal((data, HighWaterMode.Spill), (settings.Kpl.Backlog.Directory, settings.Kpl.HighWaterMode));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    /// <summary>What was only accepted expired in an outage, or failed at the end of the process, though there was a folder for it.</summary>
    [Fact]
    public void Read_WithData_Spills_UnlessTheSettingsSayOtherwise()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(HighWaterMode.Spill, Read(["--data", folder.Path], out _)!.Kpl.HighWaterMode);
        Assert.Equal(HighWaterMode.Block, Read(["--data", folder.Path], out _, ("Kpl:HighWaterMode", "Block"))!.Kpl.HighWaterMode);
        Assert.Equal(HighWaterMode.Block, Read(["--data", folder.Path, "--Kpl:HighWaterMode=Block"], out _)!.Kpl.HighWaterMode);
    }

    [Fact]
    public void Read_WithoutData_RefusesWhatNeedsABacklog()
    {
        Read([], out var errors, ("Kpl:HighWaterMode", "Spill"));
        Assert.Equal("Kpl:HighWaterMode is 'Spill': it needs the durable backlog; set Kpl:Backlog:Directory to a folder for it", Assert.Single(errors));
    }

    private static LocalSettings? Read(string[] arguments, out IReadOnlyList<string> errors, params (string Key, string Value)[] files) =>
        LocalSettingsReader.Read(
        LocalArguments.Read(arguments),
        new ConfigurationBuilder().AddInMemoryCollection(files.Select(f => KeyValuePair.Create(f.Key, (string?)f.Value))).Build(),
        out errors);
}

using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Host.Tests.Settings;

public sealed class SiloSettingsReaderTests
{
    private const string Endpoint = "--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:1";
    private const string Plaintext = "--Kpl:Cluster:AllowPlaintext=true";

    [Fact]
    public void Read_WhenOnlyTheEndpointIsGiven_HasTheDefaults()
    {
        var settings = Read([Endpoint], out var errors)!;

        Assert.Empty(errors);
        Assert.Empty(settings.Warnings);
        Assert.Equal((ClusterMembership.Localhost, "kpl", "kpl", 11_111, 30_000, null),
            (settings.Cluster.Membership, settings.Cluster.Id, settings.Cluster.ServiceId, settings.Cluster.SiloPort, settings.Cluster.GatewayPort,
                settings.Cluster.AdvertisedAddress));
        Assert.Equal(("127.0.0.1", 8080, "events"), (settings.Http.Address, settings.Http.Port, settings.Http.DefaultStream));
        Assert.Null(settings.DynamoDb);
    }

    [Fact]
    public void Read_TheCommandLineGoesBeforeFilesAndEnvironment()
    {
        var settings = Read(
            [Endpoint, "--Kpl:Cluster:SiloPort=2", "--kpl:http:port=4"], out var errors,
            ("Kpl:Cluster:SiloPort", "1"), ("Kpl:Cluster:GatewayPort", "3"), ("Kpl:Http:Port", "1"), ("Kpl:Streams:slow:RecordTtl", "5m"))!;

        Assert.Empty(errors);
        Assert.Equal((2, 3, 4), (settings.Cluster.SiloPort, settings.Cluster.GatewayPort, settings.Http.Port));
        Assert.Equal(TimeSpan.FromMinutes(5), settings.Kpl.GetStream("slow").RecordTtl);
    }

    [Fact]
    public void Read_WithDynamoDbOnThisMachine_NeedsNoRegion()
    {
        var settings = Read([Endpoint, "--Kpl:Cluster:Membership=DynamoDB", "--Kpl:DynamoDb:ServiceUrl=http://127.0.0.1:8000", "--Kpl:DynamoDb:TablePrefix=blue-", Plaintext], out var errors)!;

        Assert.Empty(errors);
        Assert.Equal(("http://127.0.0.1:8000/", true, "blue-silos"),
            (settings.DynamoDb!.ServiceUrl!.AbsoluteUri, settings.DynamoDb.IsLoopback, settings.Cluster.DynamoDb.SilosTable));
    }

    [Fact]
    public void Read_WithDynamoDbOfARegion_NamesTheRegion()
    {
        var settings = Read([Endpoint, "--Kpl:Cluster:Membership=dynamodb", "--Kpl:DynamoDb:Region=eu-west-1", Plaintext], out var errors)!;

        Assert.Empty(errors);
        Assert.Equal("eu-west-1", settings.DynamoDb!.Region);
    }

    [Theory]
    [InlineData("dynamodb", true)]
    [InlineData("localhost", false)]
    public void Read_WhenTheBacklogIsNeeded_HasOneInDynamoDbOnly(string membership, bool isTaken)
    {
        Read([Endpoint, $"--Kpl:Cluster:Membership={membership}", "--Kpl:DynamoDb:Region=eu-west-1", "--Kpl:AckLevel=Persisted", Plaintext], out var errors);

        Assert.Equal(isTaken, errors.Count == 0);
        Assert.All(errors, e => Assert.Equal(
            "Kpl:AckLevel is 'Persisted': it needs the durable backlog; set Kpl:Backlog:Directory to a folder for it, or Kpl:Cluster:Membership to dynamodb, where it is a table", e));
    }

    [Fact]
    public void Read_WhenTheBacklogsFolderCannotBe_SaysWhy()
    {
        Read([Endpoint, $"--Kpl:Backlog:Directory={typeof(SiloSettingsReader).Assembly.Location}"], out var errors);
        Assert.StartsWith("Kpl:Backlog:Directory is '", Assert.Single(errors), StringComparison.Ordinal);
        Assert.NotNull(Read([Endpoint, $"--Kpl:Backlog:Directory={Path.GetTempPath()}", "--Kpl:AckLevel=Persisted"], out errors));
        Assert.Empty(errors);
    }

    [Fact]
    public void Read_WhenEverySectionIsWrong_NamesEveryError()
    {
        Read(
            [
                "--Kpl:RecordTl=5s", "--Kpl:Cluster:Membershp=dynamodb", "--Kpl:Cluster:SiloPort=70000", "--Kpl:DynamoDb:TablePrefix=a b", "--Kpl:Http:Prt=1",
                "--Kpl:Http:DefaultStream=a b", "--Kpl:Clutser:Id=x", "--Kpl:DynamoDb:SecretAccessKey=hush", "--port=1", "--Kpl:DrainTimeout=2m",
                "--Logging:Console:FormatterName=jason",
            ],
            out var errors, ("Kpl:HighWaterMode", "Spill"));

        string[] parts =
        [
            "--port is not known", "Kpl:RecordTl is not known; the nearest is Kpl:RecordTtl", "Kpl:HighWaterMode is 'Spill'", "Kpl:Clutser:Id is not known; the nearest is Kpl:Cluster",
            "Kpl:Cluster:Membershp is not known; the nearest is Kpl:Cluster:Membership", "Kpl:Cluster:SiloPort is '70000': allowed is 0 to 65535",
            "Kpl:DynamoDb:TablePrefix is 'a b'", "Kpl:DynamoDb:SecretAccessKey is set without Kpl:DynamoDb:AccessKeyId",
            "the nearest is Kpl:Http:Port", "Kpl:Http:DefaultStream is 'a b': allowed is a stream's name or ARN",
            "Kpl:DrainTimeout is '2m', longer than StopTimeout", "Logging:Console:FormatterName is 'jason'",
        ];
        Assert.All(parts, part => Assert.Contains(errors, e => e.Contains(part, StringComparison.Ordinal)));
        Assert.Equal(parts.Length, errors.Count);
        Assert.DoesNotContain(errors, e => e.Contains("hush", StringComparison.Ordinal));
    }

    private static SiloSettings? Read(string[] arguments, out IReadOnlyList<string> errors, params (string Key, string Value)[] files) =>
        SiloSettingsReader.Read(
        CommandLine.Read(arguments),
        new ConfigurationBuilder().AddInMemoryCollection(files.Select(f => KeyValuePair.Create(f.Key, (string?)f.Value))).Build(),
        out errors);
}

using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Endpoints;

public sealed class KinesisLocationTests
{
    private const string Profiles = """
        [default]
        region = eu-west-2
        [dev]
        region = ap-northeast-1
        """;

    /// <summary>From the endpoint rule set's own published cases (botocore, kinesis/endpoint-tests-1.json).</summary>
    [Theory]
    [InlineData("us-east-1", "https://kinesis.us-east-1.amazonaws.com/")]
    [InlineData("eu-central-1", "https://kinesis.eu-central-1.amazonaws.com/")]
    [InlineData("cn-north-1", "https://kinesis.cn-north-1.amazonaws.com.cn/")]
    [InlineData("cn-northwest-1", "https://kinesis.cn-northwest-1.amazonaws.com.cn/")]
    [InlineData("us-gov-west-1", "https://kinesis.us-gov-west-1.amazonaws.com/")]
    [InlineData("us-iso-east-1", "https://kinesis.us-iso-east-1.c2s.ic.gov/")]
    [InlineData("us-isob-east-1", "https://kinesis.us-isob-east-1.sc2s.sgov.gov/")]
    public void Resolve_WhenGivenARegion_FindsItsHost(string region, string endpoint)
    {
        var location = KinesisLocation.Resolve(new KinesisOptions { Region = region }, Gateways.NoEnvironment);

        Assert.Equal((endpoint, region, "Kpl:Kinesis:Region"), (location.Endpoint.ToString(), location.Region, location.RegionSource));
        Assert.False(location.IsLoopback);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com", true)]
    [InlineData("https://kinesis.eu-west-1.api.aws", true)]
    [InlineData("https://kinesis.cn-north-1.amazonaws.com.cn:443", true)]
    [InlineData("https://Kinesis.eu-west-1.AmazonAWS.com.", true)]
    [InlineData("https://kinesis.example", false)]
    [InlineData("https://notamazonaws.com", false)]
    public void Resolve_WhereTheCertificateIsNotChecked_RefusesAws(string? endpoint, bool refuses)
    {
        var options = new KinesisOptions { Region = "eu-west-1", VerifyCertificate = false, EndpointUrl = endpoint is null ? null : new Uri(endpoint) };

        var error = Record.Exception(() => KinesisLocation.Resolve(options, Gateways.NoEnvironment));

        Assert.Equal(refuses ? "Kpl:Kinesis:VerifyCertificate" : null, (error as KinesisSettingsException)?.Setting);
    }

    [Theory]
    [InlineData("us-west-2", "us-west-2", null, "AWS_REGION=eu-west-3")]
    [InlineData("eu-west-3", null, null, "AWS_REGION=eu-west-3", "AWS_DEFAULT_REGION=sa-east-1")]
    [InlineData("sa-east-1", null, null, "AWS_REGION= ", "AWS_DEFAULT_REGION=sa-east-1")]
    [InlineData("ap-northeast-1", null, "dev")]
    [InlineData("ap-northeast-1", null, null, "AWS_PROFILE=dev")]
    [InlineData("eu-west-2", null, null)]
    public void Resolve_TakesTheRegionOfTheSettings_ElseOfTheEnvironment_ElseOfAProfile(
        string region, string? setting, string? profile, params string[] environment) => Assert.Equal(region, KinesisLocation.Resolve(
        new KinesisOptions { Region = setting, Profile = profile }, Gateways.EnvironmentOf(Profiles, environment)).Region);

    /// <summary>AWS's SDK looks for it beside the credentials, the AWS CLI and boto where the variable says, or in ~/.aws: there was no region.</summary>
    [Fact]
    public void Resolve_WhereTheConfigurationIsNotBesideTheCredentials_TakesItsRegion()
    {
        using var folder = new TemporaryFolder();
        var config = folder.Write("config", "[profile kpl-tests]\nregion = eu-north-1\n");
        AwsEnvironment environment = new(n => n switch { "AWS_CONFIG_FILE" => config, "AWS_PROFILE" => "kpl-tests", _ => null }, null);

        var location = KinesisLocation.Resolve(new KinesisOptions(), environment);

        Assert.Equal(("eu-north-1", $"region of profile kpl-tests ({config}:2)"), (location.Region, location.RegionSource));
    }

    [Theory]
    [InlineData("http://127.0.0.1:4567")]
    [InlineData("http://localhost:4566")]
    [InlineData("https://[::1]:4567")]
    public void Resolve_WhenTheEndpointIsLoopback_FallsBackToUsEast1(string endpoint)
    {
        var location = KinesisLocation.Resolve(new KinesisOptions { EndpointUrl = new Uri(endpoint) }, Gateways.NoEnvironment);

        Assert.True(location.IsLoopback);
        Assert.Equal("us-east-1", location.Region);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://vpce-0a1b2c-3d4e.kinesis.eu-west-1.vpce.amazonaws.com")]
    public void Resolve_WhenThereIsNoRegion_NamesTheSettingAndReadsNoHostName(string? endpoint)
    {
        var options = new KinesisOptions { EndpointUrl = endpoint is null ? null : new Uri(endpoint) };

        var error = Assert.Throws<KinesisSettingsException>(() => KinesisLocation.Resolve(options, Gateways.NoEnvironment));

        Assert.Equal("Kpl:Kinesis:Region", error.Setting);
        Assert.Contains("AWS_REGION", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_WhenTheRegionIsNone_NamesTheSetting()
    {
        var error = Assert.Throws<KinesisSettingsException>(
            () => KinesisLocation.Resolve(new KinesisOptions { Region = "us east/1" }, Gateways.NoEnvironment));

        Assert.Equal("Kpl:Kinesis:Region: 'us east/1' (from Kpl:Kinesis:Region) is no region.", error.Message);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("127.0.0.1/path")]
    [InlineData("http://127.0.0.1:4567/?x=1")]
    public void Resolve_WhenTheEndpointIsNone_NamesTheSetting(string endpoint)
    {
        var options = new KinesisOptions { EndpointUrl = new Uri(endpoint, UriKind.RelativeOrAbsolute) };

        var error = Assert.Throws<KinesisSettingsException>(() => KinesisLocation.Resolve(options, Gateways.NoEnvironment));

        Assert.Equal("Kpl:Kinesis:EndpointUrl", error.Setting);
    }

    [Fact]
    public void Resolve_WhenTheProfileIsMissing_NamesTheSetting()
    {
        var options = new KinesisOptions { Region = "us-east-1", Profile = "nobody" };

        var error = Assert.Throws<KinesisSettingsException>(() => KinesisLocation.Resolve(options, Gateways.EnvironmentOf(Profiles)));

        Assert.Equal("Kpl:Kinesis:Profile", error.Setting);
    }
}

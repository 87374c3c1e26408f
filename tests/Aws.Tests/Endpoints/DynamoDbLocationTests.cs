using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Endpoints;

public sealed class DynamoDbLocationTests
{
    [Fact]
    public void Resolve_WhenARegionIsSet_IsThatRegion()
    {
        var location = DynamoDbLocation.Resolve(new KplDynamoDbOptions { Region = "eu-west-1" }, Gateways.EnvironmentOf("", ("AWS_REGION", "eu-west-3")));
        Assert.Equal((null, "eu-west-1", false), (location.ServiceUrl, location.Region, location.IsLoopback));
    }

    [Fact]
    public void Resolve_WhenTheEndpointIsLoopback_IsThatAndNeedsNoRegion()
    {
        var location = DynamoDbLocation.Resolve(new KplDynamoDbOptions { ServiceUrl = new Uri("http://127.0.0.1:8000") }, Gateways.NoEnvironment);
        Assert.Equal(("http://127.0.0.1:8000/", "us-east-1", true), (location.ServiceUrl!.AbsoluteUri, location.Region, location.IsLoopback));
    }

    [Fact]
    public void Resolve_WhenNobodyNamesARegion_NamesItsOwnSetting()
    {
        var error = Assert.Throws<KinesisSettingsException>(() => DynamoDbLocation.Resolve(new KplDynamoDbOptions(), Gateways.NoEnvironment));
        Assert.Equal("Kpl:DynamoDb:Region", error.Setting);
        error = Assert.Throws<KinesisSettingsException>(
            () => DynamoDbLocation.Resolve(new KplDynamoDbOptions { Profile = "none", Region = "eu-west-1" },
                Gateways.EnvironmentOf("[default]\nregion = eu-west-2")));
        Assert.Equal("Kpl:DynamoDb:Profile", error.Setting);
    }

    /// <summary>AWS's chain was asked instead: a typing error in a profile led to the tables of another account.</summary>
    [Theory]
    [InlineData("region = eu-west-2", null, null, false)]
    [InlineData("aws_access_key_id = A\naws_secret_access_key = s", null, null, true)]
    [InlineData("region = eu-west-2", "AKID", null, true)]
    [InlineData("region = eu-west-2", null, "http://127.0.0.1:8000", true)]
    public void Resolve_WhenTheProfileHasNoCredentials_SaysSo_WhereTheyAreNeeded(string lines, string? key, string? url, bool isFit)
    {
        var options = new KplDynamoDbOptions { Profile = "prod", Region = "eu-west-1", AccessKeyId = key, ServiceUrl = url is null ? null : new Uri(url) };
        var error = Record.Exception(() => DynamoDbLocation.Resolve(options, Gateways.EnvironmentOf($"[prod]\n{lines}\n")));
        Assert.Equal(isFit ? null : "Kpl:DynamoDb:Profile: profile 'prod' has no credentials.", error?.Message);
    }
}

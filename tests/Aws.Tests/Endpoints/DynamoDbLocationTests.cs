using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Endpoints;

public sealed class DynamoDbLocationTests
{
    [Fact]
    public void Resolve_WhenARegionIsSet_IsThatRegion()
    {
        var location = DynamoDbLocation.Resolve(new KplDynamoDbOptions { Region = "eu-west-1" }, Gateways.EnvironmentOf("", ("AWS_REGION", "eu-west-3")));
        Assert.Equal((null, "eu-west-1", "Kpl:DynamoDb:Region", false), (location.ServiceUrl, location.Region, location.RegionSource, location.IsLoopback));
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
}

using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Aws.Tests;

public sealed class AwsApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(KinesisClient).Assembly, "grains/Aws");
}

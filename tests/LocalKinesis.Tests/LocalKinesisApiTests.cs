namespace Orleans.Kpl.LocalKinesis.Tests;

public sealed class LocalKinesisApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(LocalKinesisServer).Assembly, "deploy/local-kinesis");
}

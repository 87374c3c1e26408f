namespace Orleans.Kpl.Kinesis.Tests;

public sealed class KinesisApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(KplKinesisEndpoints).Assembly, "silo/Kinesis");
}

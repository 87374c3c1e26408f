namespace Orleans.Kpl.Producer.Tests;

public sealed class ProducerApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(KplProducer).Assembly, "client/Producer");
}

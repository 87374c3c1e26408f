namespace Orleans.Kpl.Abstractions.Tests;

public sealed class AbstractionsApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(IKplProducer).Assembly, "interfaces/Abstractions");
}

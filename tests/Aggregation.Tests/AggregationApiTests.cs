namespace Orleans.Kpl.Aggregation.Tests;

public sealed class AggregationApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(AggregateBuilder).Assembly, "grains/Aggregation");
}

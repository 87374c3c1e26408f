namespace Orleans.Kpl.Deaggregation.Tests;

public sealed class DeaggregationApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(Aggregates).Assembly, "interfaces/Deaggregation");
}

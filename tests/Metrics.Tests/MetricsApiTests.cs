namespace Orleans.Kpl.Metrics.Tests;

public sealed class MetricsApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(MetricsCollector).Assembly, "client/Metrics");
}

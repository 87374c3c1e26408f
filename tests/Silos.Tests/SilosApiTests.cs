namespace Orleans.Kpl.Silos.Tests;

public sealed class SilosApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(SiloNode).Assembly, "grains/Silos");
}

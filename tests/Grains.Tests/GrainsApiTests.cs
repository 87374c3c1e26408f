namespace Orleans.Kpl.Grains.Tests;

public sealed class GrainsApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(KplSiloBuilderExtensions).Assembly, "grains/Grains");
}

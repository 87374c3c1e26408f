namespace Orleans.Kpl.Http.Tests;

public sealed class HttpApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(KplHttpServices).Assembly, "silo/Http");
}

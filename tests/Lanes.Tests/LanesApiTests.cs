namespace Orleans.Kpl.Lanes.Tests;

public sealed class LanesApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(ClientStream).Assembly, "client/Lanes");
}

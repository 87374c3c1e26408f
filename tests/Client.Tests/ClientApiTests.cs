namespace Orleans.Kpl.Client.Tests;

public sealed class ClientApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(KplClusterProducer).Assembly, "client/Client");
}

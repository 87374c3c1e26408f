namespace Orleans.Kpl.Testing.Tests;

public sealed class TestingApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(FakeKplProducer).Assembly, "client/Testing");
}

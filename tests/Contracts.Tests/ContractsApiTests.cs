namespace Orleans.Kpl.Contracts.Tests;

public sealed class ContractsApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(IStreamManager).Assembly, "interfaces/Contracts");
}

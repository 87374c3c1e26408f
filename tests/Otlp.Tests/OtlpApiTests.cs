namespace Orleans.Kpl.Otlp.Tests;

public sealed class OtlpApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(OtlpExport).Assembly, "silo/Otlp");
}

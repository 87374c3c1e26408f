namespace Orleans.Kpl.Glue.Tests;

public sealed class GlueApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(GlueSchemaRegistry).Assembly, "client/Glue");
}

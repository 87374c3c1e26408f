using Orleans.Kpl.Adapters.Logging;

namespace Orleans.Kpl.Adapters.Tests;

public sealed class AdaptersApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(PipelineLog).Assembly, "grains/Adapters");
}

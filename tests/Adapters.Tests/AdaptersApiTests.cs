using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Adapters.Tests;

public sealed class AdaptersApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(PipelineLog).Assembly, "grains/Adapters");
}

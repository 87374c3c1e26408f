using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests;

public sealed class ScalingApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(ReshardExecutor).Assembly, "grains/Scaling");
}

namespace Orleans.Kpl.Pipeline.Tests;

public sealed class PipelineApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(ProducerPipeline).Assembly, "grains/Pipeline");
}

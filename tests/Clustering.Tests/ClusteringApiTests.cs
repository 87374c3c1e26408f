using Orleans.Kpl.Clustering.Members;

namespace Orleans.Kpl.Clustering.Tests;

public sealed class ClusteringApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(ClusterMembers).Assembly, "grains/Clustering");
}

namespace Orleans.Kpl.Testing;

/// <summary>
/// The tests of each project that has a PublicAPI.txt contain this. Of what lies inside a tool nothing is public: its interface is the command line.
/// </summary>
public sealed class PublicSurfaceTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() =>
        PublicApi.Check(typeof(PublicSurfaceTests).Assembly.GetName().Name!.Replace(".Tests", "", StringComparison.Ordinal));
}

namespace Orleans.Kpl.Local.Tests;

public sealed class LocalApiTests
{
    /// <summary>The package Orleans.Kpl.Local is a tool: its interface is the command line, and nothing of it is public.</summary>
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(LocalTier).Assembly, "deploy/local");
}

namespace Orleans.Kpl.Run.Tests;

public sealed class RunApiTests
{
    /// <summary>It lies inside the command, so nothing of it is public.</summary>
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(RunFile).Assembly, "client/Run");
}

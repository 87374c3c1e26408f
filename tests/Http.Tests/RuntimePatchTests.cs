using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests;

public sealed class RuntimePatchTests
{
    [Theory]
    [InlineData("10.0.0", true)]
    [InlineData("10.0.11", true)]
    [InlineData("10.0.12", false)]
    [InlineData("10.0.13", false)]
    [InlineData("11.0.0", false)]
    public void FindWarning_OfAnOlderRuntime_NamesBothVersions(string running, bool isTold)
    {
        var warning = RuntimePatch.FindWarning(Version.Parse(running));

        Assert.Equal(isTold, warning is not null);
        if (isTold)
        {
            Assert.Contains(running, warning, StringComparison.Ordinal);
            Assert.Contains(RuntimePatch.Tested.ToString(), warning, StringComparison.Ordinal);
        }
    }
}

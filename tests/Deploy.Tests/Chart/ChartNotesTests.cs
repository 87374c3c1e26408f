namespace Orleans.Kpl.Deploy.Tests;

/// <summary>What users read when they have installed the chart is true of what they installed.</summary>
public sealed class ChartNotesTests
{
    private static readonly string Closed = GoldenSets.ValuesOf("closed-least");

    [Fact]
    public void Open_IsSaidFirst_AndNothingElseIsWarnedOf()
    {
        var notes = Helm.Get().Notes(Chart.Least);
        Assert.StartsWith("SECURITY IS OPEN:", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", notes, StringComparison.Ordinal);
        Assert.Contains("Nobody here creates them", notes, StringComparison.Ordinal);
        Assert.Contains("EKS enforces no policy", notes, StringComparison.Ordinal);
    }

    [Fact]
    public void Closed_SpeaksOfHttpsAndOfAKey()
    {
        var notes = Helm.Get().Notes(Closed);
        Assert.DoesNotContain("SECURITY IS OPEN", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", notes, StringComparison.Ordinal);
        Assert.Contains("X-Api-Key: $KPL_API_KEY", notes, StringComparison.Ordinal);
        Assert.Contains(" KPL_CA=ca.crt KPL_API_KEY=KEY kpl status --admin https://localhost:8081 --stream STREAM", notes, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resources: {limits: {cpu: 2}}", "WARNING: resources.limits.cpu is set", true)]
    [InlineData("replicas: 1", "WARNING: one silo", true)]
    [InlineData("config: {DynamoDb: {CreateTables: true}}", "The first silo creates them", true)]
    [InlineData("config: {DynamoDb: {CreateTables: true}}", "Nobody here creates them", false)]
    [InlineData("config: {Http: {AdminPort: 9081}}", " kpl status --admin http://localhost:9081 --stream STREAM", true)]
    [InlineData("config: {Http: {AdminPort: -1}}", "--admin", false)]
    [InlineData("", "lets Orleans clients of this namespace in, with the label kpl.orleans/client=orders", true)]
    [InlineData("networkPolicy: {enabled: false}", "EKS enforces no policy", false)]
    public void AValue_ChangesWhatIsSaid(string value, string text, bool isSaid) =>
        Assert.Equal(isSaid, Helm.Get().Notes(Chart.Least + value).Contains(text, StringComparison.Ordinal));
}

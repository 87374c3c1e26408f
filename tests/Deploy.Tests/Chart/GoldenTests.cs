namespace Orleans.Kpl.Deploy.Tests;

/// <summary>
/// What the chart renders is what was reviewed: the same with either Helm, and for every Kubernetes that it is for. The file of the least set of values has
/// all of it, those of the others in what they differ from it.
/// </summary>
/// <remarks>After a change that is meant, <c>KPL_ACCEPT_DOCS=1</c> writes the files.</remarks>
public sealed class GoldenTests
{
    private static readonly string[] Kubernetes = ["1.30.0", "1.31.0", "1.32.0", "1.33.0", "1.34.0"];

    public static TheoryData<string> Sets => GoldenSets.Names;

    [Theory]
    [MemberData(nameof(Sets))]
    public void ASetOfValues_IsRenderedAsReviewed(string name)
    {
        var rendered = GoldenSets.Render(name);
        Assert.True(rendered.Code == 0, rendered.Error);
        var file = GoldenSets.FileOf(name);
        var seen = name == GoldenSets.Least ? rendered.Output : LineDiff.Of(GoldenSets.Render(GoldenSets.Least).Output, rendered.Output);
        if (Environment.GetEnvironmentVariable("KPL_ACCEPT_DOCS") == "1")
            File.WriteAllText(file, seen);
        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), seen);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void ASetOfValues_IsTheSameWithTheOlderHelmAndEveryKubernetes(string name)
    {
        var (values, expected) = (GoldenSets.ValuesOf(name), GoldenSets.Render(name).Output);
        // Each version of Kubernetes with each Helm would be ten runs: the two are independent.
        Assert.Equal(Sorted(expected), Sorted(Helm.Get("v31").Template(values).Output));
        var version = Kubernetes[(int)((uint)name.Sum(static c => c) % Kubernetes.Length)];
        foreach (var kubernetes in new[] { Kubernetes[0], version, Kubernetes[^1] }.Distinct())
            Assert.Equal(expected, Helm.Get().Template(values, "--kube-version", kubernetes).Output);
    }

    [Fact]
    public void AnOlderKubernetes_IsRefused()
    {
        var run = Helm.Get().Template(Chart.Least, "--kube-version", "1.29.0");
        Assert.NotEqual(0, run.Code);
        Assert.Contains("1.30", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Helm.Versions), MemberType = typeof(Helm))]
    public void Lint_FindsNothing(string version)
    {
        var run = Helm.Get(version).Lint(Chart.Least);
        Assert.True(run.Code == 0, run.Output + run.Error);
    }

    /// <summary>Helm's order of objects of one kind has changed between versions.</summary>
    private static string[] Sorted(string rendered) => [.. rendered.Split("---\n").Select(static d => d.Trim()).Order(StringComparer.Ordinal)];
}

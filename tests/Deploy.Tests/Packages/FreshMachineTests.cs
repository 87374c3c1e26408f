using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>
/// Restores, builds and runs the sources as a machine does that has nothing but the SDK: what lies in this machine's folders of packages cannot hide that a
/// package is not to be had, or is another one than that of the same version here.
/// </summary>
/// <remarks>Nothing runs beside them: other tests build as well, and the minute is for processors that have nothing else to do.</remarks>
[Trait("Category", "Long")]
[Collection(nameof(FreshMachineTests))]
[CollectionDefinition(nameof(FreshMachineTests), DisableParallelization = true)]
public sealed class FreshMachineTests
{
    private static readonly Regex Ready = new("^ready http=(\\S+) ");
    private static readonly Regex Warning = new(@"\bwarning [A-Z]+[0-9]+\b");

    /// <summary>NU1301: a source of packages does not answer.</summary>
    private const string NoSource = "NU1301";

    [Fact]
    public async Task Solution_WithAnEmptyFolderOfPackages_BuildsWithoutAWarning()
    {
        using var folder = new TemporaryFolder();
        var sources = await SourceCopy.CloneAsync(Path.Combine(folder.Path, "sources"));
        var environment = new Dictionary<string, string>
        {
            ["NUGET_PACKAGES"] = Path.Combine(folder.Path, "packages"),
            ["NUGET_HTTP_CACHE_PATH"] = Path.Combine(folder.Path, "http"),
            ["NUGET_FALLBACK_PACKAGES"] = "",
            ["KPL_ANALYSE"] = "all",
        };
        var (code, text) = await Dotnet.TryAsync("dotnet", sources, environment, "restore", "Orleans.Kpl.sln", "-v", "quiet");
        if (text.Split('\n').FirstOrDefault(static l => l.Contains(NoSource, StringComparison.Ordinal)) is { } unanswered)
            Assert.Skip($"no source of packages answers: {unanswered.Trim()}");
        Assert.True(code == 0, text);

        text = await Dotnet.RunAsync(sources, environment, "build", "Orleans.Kpl.sln", "-c", "Release", "--no-restore", "-v", "quiet", "-clp:NoSummary");
        Assert.DoesNotContain(text.Split('\n'), static l => Warning.IsMatch(l));
    }

    /// <summary>
    /// From sources to the first record, with packages there already: a minute on two processors that have nothing else to do, as README says. The rest of
    /// a cold start is what downloads take.
    /// </summary>
    [PosixFact]
    public async Task LocalTier_FromSources_HasItsFirstRecordWithinAMinute()
    {
        using var folder = new TemporaryFolder();
        var sources = await SourceCopy.CloneAsync(folder.Path);
        var started = TimeProvider.System.GetTimestamp();
        await using var tier = ServerProcess.Start(
            "dotnet", ["run", "-c", "Release", "--project", "deploy/local", "--", "--http-port", "0", "--kinesis-port", "0"], sources,
            ("MSBUILDDISABLENODEREUSE", "1"));
        var ready = Ready.Match(await tier.Output.FirstAsync(static l => Ready.IsMatch(l), TestContext.Current.CancellationToken));
        using var client = new HttpClient();
        using var record = new StringContent("""{"partition_key":"user-17","payload":{"n":1}}""", new MediaTypeHeaderValue("application/json"));
        using var answer = await client.PostAsync(new Uri($"{ready.Groups[1].Value}/events/confirmed"), record, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        var took = TimeProvider.System.GetElapsedTime(started);
        TestContext.Current.TestOutputHelper?.WriteLine($"the first record was delivered after {took.TotalSeconds:0.0} s");
        Assert.True(took <= TimeSpan.FromMinutes(1), $"the first record was delivered after {took.TotalSeconds:0.0} s");
    }
}

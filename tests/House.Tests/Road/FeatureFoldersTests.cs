using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Orleans.Kpl.House.Tests.Road;

/// <summary>A feature hangs on the road and is no part of it: without its folder everything compiles but the wiring that names it.</summary>
public sealed class FeatureFoldersTests
{
    public static TheoryData<string, string[]> Folders => new()
    {
        { "grains/Pipeline/Even/", ["grains/Pipeline/StreamPipeline.cs", "grains/Pipeline/StreamWiring.cs"] },
    };

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_LeftOut_IsMissedByTheWiringAlone(string folder, string[] wiring)
    {
        var all = new RoadSources().Compilation;
        var without = all.RemoveSyntaxTrees(all.SyntaxTrees.Where(t => t.FilePath.StartsWith(folder, StringComparison.Ordinal)));

        // What source generators add is in neither.
        var missed = Errors(without).Except(Errors(all)).Select(e => e.File).Distinct().Order(StringComparer.Ordinal);

        Assert.NotEqual(all.SyntaxTrees.Length, without.SyntaxTrees.Length);
        Assert.Equal(wiring, missed);
    }

    private static IEnumerable<(string File, string Error)> Errors(CSharpCompilation sources) =>
        sources.GetDiagnostics(TestContext.Current.CancellationToken).Where(d => d.Severity == DiagnosticSeverity.Error)
            .Select(d => (d.Location.SourceTree!.FilePath, d.ToString()));
}

using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace Orleans.Kpl.House.Tests.Snippets;

/// <summary>Code in the documents is copied into programs: each piece compiles alone, as it stands, in a new project.</summary>
public sealed class SnippetTests
{
    private static readonly Regex OrleansName = new(@"\b(?:AddKplCluster|KplClusterProducer|IClusterClient|IStreamProducer|ISiloBuilder)\b");

    /// <summary>The pages that a user reads first.</summary>
    private static readonly string[] Expected = ["README.md", "docs/testing-your-app.md", "deploy/local-kinesis/README.md"];

    public static TheoryData<string, int> Snippets =>
        [.. from page in MarkdownPage.Everywhere from block in page.Blocks("csharp") select (page.File, block.Number)];

    [Theory]
    [MemberData(nameof(Snippets))]
    public void Snippet_AsItStands_Compiles(string page, int line)
    {
        var code = MarkdownPage.Everywhere.Single(p => p.File == page).Blocks("csharp").Single(b => b.Number == line).Text;
        var needsOrleans = OrleansName.IsMatch(code);
        Assert.SkipUnless(!needsOrleans || SnippetCompiler.HasOrleans, "the half with Orleans is not built");

        Strays.None(SnippetCompiler.Compile(code, needsOrleans)
            .Select(e => $"{page}:{line + e.Location.GetLineSpan().StartLinePosition.Line}: {e.GetMessage()}"));
    }

    [Fact]
    public void Pages_ThatAUserReadsFirst_HaveSnippets() =>
        Strays.None(Expected.Except(MarkdownPage.Everywhere.Where(p => p.Blocks("csharp").Any()).Select(p => p.File)));

    /// <summary>Or else nothing would be held.</summary>
    [Theory]
    [InlineData("await Task.CompletedTask; Console.WriteLine(args.Length);", true)]
    [InlineData("using Orleans.Kpl; var producer = KplProducer.Create(new KplOptions());", true)]
    [InlineData("using Orleans.Kpl; var producer = KplProducer.Create(options);", false)]
    [InlineData("using Orleans.Kpl; new KplProducer().PutIt();", false)]
    [InlineData("public class Half {", false)]
    public void Compile_OfCode_FindsWhatIsWrong(string code, bool compiles) =>
        Assert.Equal(compiles, SnippetCompiler.Compile(code, withOrleans: false).Count == 0);
}

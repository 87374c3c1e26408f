using System.Text.RegularExpressions;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>What the documents install is a release that the chart renders.</summary>
public sealed class DocumentedInstallTests
{
    private static readonly Regex Install = new(@"helm install \S+ helm/kpl((?:\\\n|[^\n`])*)");

    public static TheoryData<string> Commands => [
        .. Directory.GetFiles(Path.Combine(Checkout.Root, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(Checkout.Root, "README.md"))
            .SelectMany(static page => Install.Matches(File.ReadAllText(page).ReplaceLineEndings("\n"))).Select(static m => m.Groups[1].Value)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Install_AsAPageHasIt_Renders(string arguments)
    {
        var words = arguments.Replace("\\\n", " ", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Single(Helm.Get().Template("", words.Select(static w => w.Trim('\''))).Objects, static o => o.Text("kind") == "Deployment");
    }
}

namespace Orleans.Kpl.Abstractions.Tests.Options;

public class SettingsMarkdownTests
{
    [Fact]
    public void OfAll_Always_HasARowForEachSettingAndOnlyWholeRows()
    {
        var lines = SettingsMarkdown.OfAll().Split('\n');
        Assert.All(KplSettings.All.Concat(KplClusterSettings.All), s => Assert.Single(lines, l => l.StartsWith($"| `{s.Name}`", StringComparison.Ordinal)));
        Assert.All(lines.Where(l => l.Length > 0), l => Assert.True(l[0] is '|' or '#' && (l[0] == '#' || l[^1] == '|'), l));
        Assert.Equal(4, lines.Count(l => l.StartsWith("### ", StringComparison.Ordinal)));
    }

    [Fact]
    public void OfAll_ForASettingWithAnAlias_TellsNameAliasDefaultRangeAndMeaning() =>
        Assert.Contains(
            "| `Kinesis:ProxyPort` (also `ProxyPort`) | `443` | 1 to 65535 | The proxy's port. |\n", SettingsMarkdown.OfAll(), StringComparison.Ordinal);

    /// <summary>The page ends with the tables. When this fails, run it with KPL_ACCEPT_DOCS=1: it replaces them.</summary>
    [Fact]
    public void OfAll_Always_IsWhatTheSettingsPageSays() => SettingsPage.Check("## All others", SettingsMarkdown.OfAll());
}

namespace Orleans.Kpl.Abstractions.Tests.Options;

public class SettingsMarkdownTests
{
    /// <summary>The page ends with the tables. When this fails, run it with KPL_ACCEPT_DOCS=1: it replaces them.</summary>
    [Fact]
    public void OfAll_Always_IsWhatTheSettingsPageSays() => SettingsPage.Check("## All others", SettingsMarkdown.OfAll());
}

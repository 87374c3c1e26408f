namespace Orleans.Kpl.Testing;

/// <summary>The page of settings, docs/settings.md, whose tables are written from the code.</summary>
internal static class SettingsPage
{
    /// <summary>Compares what stands between a line and the next chapter. With KPL_ACCEPT_DOCS=1 it is written.</summary>
    public static void Check(string line, string expected)
    {
        var path = Path.Combine(Checkout.Root, "docs", "settings.md");
        var page = File.ReadAllText(path).ReplaceLineEndings("\n");
        var start = page.IndexOf(line + "\n\n", StringComparison.Ordinal) + line.Length + 2;
        var end = page.IndexOf("\n## ", start, StringComparison.Ordinal) is > 0 and var next ? next : page.Length;
        if (Environment.GetEnvironmentVariable("KPL_ACCEPT_DOCS") == "1")
            File.WriteAllText(path, $"{page[..start]}{expected}{page[end..]}");
        else
            Assert.Equal(expected, page[start..end]);
    }
}

namespace Orleans.Kpl.House.Tests;

public sealed class LinkTests
{
    [Fact]
    public void Links_LeadToFilesThatExist() =>
        Strays.None(
            from page in MarkdownPage.Everywhere
            from link in page.Links
            where link.Target.Length > 0 && !Path.Exists(Tree.Root + Resolve(page, link.Target))
            select $"{page.File} -> {link.Target}");

    [Fact]
    public void Anchors_LeadToHeadings() =>
        Strays.None(
            from page in MarkdownPage.All
            from link in page.Links
            where link.Anchor.Length > 0
            let target = MarkdownPage.All.FirstOrDefault(p => p.File == (link.Target.Length == 0 ? page.File : Resolve(page, link.Target)))
            where target is null || !target.Anchors.Contains(link.Anchor)
            select $"{page.File} -> {link.Target}#{link.Anchor}");

    [Fact]
    public void Headings_OfAPage_AreUnique() =>
        Strays.None(
            from page in MarkdownPage.All
            from anchor in page.Anchors.CountBy(a => a)
            where anchor.Value > 1
            select $"{page.File}: #{anchor.Key} stands there {anchor.Value} times");

    [Fact]
    public void Pages_AreAllListed()
    {
        var index = MarkdownPage.Of("docs/README.md");
        var listed = index.Links.Select(l => Resolve(index, l.Target)).ToHashSet();
        Strays.None(MarkdownPage.All.Select(p => p.File).Where(f => f.StartsWith("docs/", StringComparison.Ordinal) && f != index.File && !listed.Contains(f)));
    }

    private static string Resolve(MarkdownPage page, string target) =>
        Path.GetRelativePath(Tree.Root, Path.GetFullPath(Path.Combine(Tree.Root, Path.GetDirectoryName(page.File)!, target))).Replace('\\', '/');
}

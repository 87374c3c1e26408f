using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>One of the documents, taken apart as far as tests need it.</summary>
/// <remarks>
/// Code is what stands between lines of three backticks, and lines indented by four spaces after a blank line. A table's lines begin with a bar.
/// What is left, without headings and comments, is text: blank lines and the beginning of a list's item separate its paragraphs.
/// </remarks>
internal sealed class MarkdownPage
{
    private static readonly Regex ListItem = new(@"^\s*(?:[-*>]|\d+\.)\s+");
    private static readonly Regex NoAnchor = new(@"[^\p{L}\p{N}\- _]");
    private static readonly Regex Link = new(@"\]\(([^)\s]+)\)");
    private static readonly Regex LinkWords = new(@"\[([^\]]*)\]\([^)]*\)");
    private static readonly Regex InlineCode = new("`([^`]+)`");
    private readonly List<(int Number, string Text, LineKind Kind)> _lines = [];

    private MarkdownPage(string file)
    {
        File = file;
        var (isFenced, former) = (false, LineKind.Blank);
        foreach (var (index, line) in Tree.Read(file).TrimEnd('\n').Split('\n').Index())
        {
            var isFence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            var kind = isFenced || isFence ? LineKind.Code : KindOf(line, former);
            isFenced ^= isFence;
            _lines.Add((index + 1, line, kind));
            if (kind != LineKind.Blank || former != LineKind.Code)
                former = kind;
        }
    }

    private enum LineKind
    {
        Blank,
        Text,
        Table,
        Heading,
        Code,
        Comment,
    }

    /// <summary>Every markdown file of the project, logs of changes and of measurements among them.</summary>
    public static IReadOnlyList<MarkdownPage> Everywhere { get; } = [
        .. Tree.Files.Where(f => f.EndsWith(".md", StringComparison.Ordinal)).Select(f => new MarkdownPage(f))];

    /// <summary>The documents whose language and names are held: README, DESIGN, CONTRIBUTING and the pages of docs.</summary>
    public static IReadOnlyList<MarkdownPage> All { get; } =
        [.. Everywhere.Where(p => p.File is "README.md" or "DESIGN.md" or "CONTRIBUTING.md" || p.File.StartsWith("docs/", StringComparison.Ordinal))];

    public string File { get; }

    public int LineCount => _lines.Count;

    /// <summary>Lines of text, and their numbers.</summary>
    public IEnumerable<(int Number, string Text)> TextLines => _lines.Where(l => l.Kind == LineKind.Text).Select(l => (l.Number, l.Text));

    /// <summary>Each paragraph on one line, code and links as they stand, and the number of its first line.</summary>
    public IEnumerable<(int Number, string Text)> Paragraphs
    {
        get
        {
            var (first, parts) = (0, new List<string>());
            foreach (var (number, text, kind) in _lines.Append((0, "", LineKind.Blank)))
            {
                if (parts.Count > 0 && (kind != LineKind.Text || ListItem.IsMatch(text)))
                {
                    yield return (first, string.Join(' ', parts));
                    parts.Clear();
                }

                if (kind != LineKind.Text)
                    continue;
                if (parts.Count == 0)
                    first = number;
                parts.Add(ListItem.Replace(text, "").Trim());
            }
        }
    }

    /// <summary>Where links may lead: the headings, as GitHub writes their anchors.</summary>
    public IEnumerable<string> Anchors =>
        _lines.Where(l => l.Kind == LineKind.Heading).Select(l => NoAnchor.Replace(l.Text.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>Links within the repository: a file, empty for this one, and an anchor, empty for none.</summary>
    public IEnumerable<(string Target, string Anchor)> Links =>
        from line in _lines
        where line.Kind != LineKind.Code
        from Match link in Link.Matches(InlineCode.Replace(line.Text, ""))
        let target = link.Groups[1].Value
        where !target.Contains(':', StringComparison.Ordinal)
        let parts = target.Split('#', 2)
        select (parts[0], parts.ElementAtOrDefault(1) ?? "");

    /// <summary>What stands between single backticks.</summary>
    public IEnumerable<string> Code =>
        from line in _lines
        where line.Kind is not LineKind.Code
        from Match code in InlineCode.Matches(line.Text)
        select code.Groups[1].Value;

    /// <summary>The numbers of the lines that begin a table without a head: it is shown as text.</summary>
    public IEnumerable<int> TablesWithoutHead
    {
        get
        {
            for (var i = 0; i < _lines.Count; i++)
            {
                var isFirst = _lines[i].Kind == LineKind.Table && (i == 0 || _lines[i - 1].Kind != LineKind.Table);
                if (isFirst && (i + 1 == _lines.Count || !_lines[i + 1].Text.StartsWith("|---", StringComparison.Ordinal)))
                    yield return _lines[i].Number;
            }
        }
    }

    /// <summary>Every cell below a table's heading, with that heading.</summary>
    public IEnumerable<(string Heading, string Cell)> Cells
    {
        get
        {
            string[]? headings = null;
            foreach (var (_, text, kind) in _lines)
            {
                if (kind != LineKind.Table)
                {
                    headings = null;
                    continue;
                }

                var cells = text.Trim().Trim('|').Split('|').Select(c => c.Trim()).ToArray();
                if (headings is null)
                    headings = cells;
                else if (!cells[0].StartsWith("---", StringComparison.Ordinal))
                    foreach (var pair in headings.Zip(cells))
                        yield return pair;
            }
        }
    }

    /// <summary>What stands between lines of three backticks, of one language, and the number of its first line.</summary>
    /// <param name="language">The word behind the backticks.</param>
    public IEnumerable<(int Number, string Text)> Blocks(string language)
    {
        var (first, parts) = (0, new List<string>());
        foreach (var (number, text, _) in _lines)
        {
            if (first == 0)
            {
                first = text == "```" + language ? number + 1 : 0;
            }
            else if (text == "```")
            {
                yield return (first, string.Join('\n', parts));
                first = 0;
                parts.Clear();
            }
            else
            {
                parts.Add(text);
            }
        }
    }

    public static MarkdownPage Of(string file) => All.Single(p => p.File == file);

    /// <summary>What stands between the single backticks of a text.</summary>
    public static IEnumerable<string> CodeIn(string text) => InlineCode.Matches(text).Select(m => m.Groups[1].Value);

    /// <summary>The text as it is read: a word for each piece of code, a link's own words, no marks of emphasis.</summary>
    public static string Plain(string text) => LinkWords.Replace(InlineCode.Replace(text, "Code"), "$1").Replace("*", "", StringComparison.Ordinal);

    private static LineKind KindOf(string line, LineKind former) => line switch
    {
        _ when string.IsNullOrWhiteSpace(line) => LineKind.Blank,
        ['|', ..] => LineKind.Table,
        ['#', ..] => LineKind.Heading,
        _ when line.StartsWith("<!--", StringComparison.Ordinal) => LineKind.Comment,
        _ when line.StartsWith("    ", StringComparison.Ordinal) && former is LineKind.Blank or LineKind.Code => LineKind.Code,
        _ => LineKind.Text,
    };
}

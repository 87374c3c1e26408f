using System.Text;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Fits text to the width of a terminal, which would break lines in the middle of words.</summary>
internal static partial class Lines
{
    private const string Indent = "  ";

    /// <summary>Joins parts into lines of at most so many columns; a part that is longer has a line of its own.</summary>
    /// <param name="parts">What stays together, with how many columns each has: colours take none.</param>
    /// <param name="separator">What stands between two parts of a line.</param>
    public static string Join(IEnumerable<(string Text, int Width)> parts, string separator, int columns)
    {
        var text = new StringBuilder();
        var width = 0;
        foreach (var part in parts)
        {
            if (width == 0)
                width = part.Width;
            else if (width + separator.Length + part.Width <= columns)
            {
                text.Append(separator);
                width += separator.Length + part.Width;
            }
            else
            {
                text.Append(separator.TrimEnd()).Append('\n').Append(Indent);
                width = Indent.Length + part.Width;
            }

            text.Append(part.Text);
        }

        return text.Append('\n').ToString();
    }

    /// <summary>Whether no line of a table is wider.</summary>
    public static bool Fit(string table, int columns) => table.Split('\n').All(line => line.Length <= columns);

    /// <summary>Cuts each line of a table to the width.</summary>
    public static string Cut(string table, int columns) =>
        string.Join('\n', table.Split('\n').Select(line => line.Length <= columns ? line : $"{line.AsSpan(0, Math.Max(0, columns - 1))}…"));

    /// <summary>Returns the first lines of a text, as many as a terminal shows at once: one more would move the first out of sight.</summary>
    public static string CutRows(string text, int columns, int rows) => string.Join('\n', text.TrimEnd('\n').Split('\n').TakeWhile(
        line => (rows -= (Math.Max(0, Colour().Replace(line, "").Length - 1) / columns) + 1) >= 0));

    /// <summary>Breaks a text between words, into lines of at most so many columns; a longer word has a line of its own.</summary>
    /// <param name="indent">The columns before each line, but the first.</param>
    public static string Wrap(string text, int columns, int indent)
    {
        var wrapped = new StringBuilder();
        var width = indent;
        foreach (var word in text.Split(' '))
        {
            if (width > indent && width + 1 + word.Length > columns)
            {
                wrapped.Append('\n').Append(' ', indent);
                width = indent;
            }
            else if (wrapped.Length > 0)
            {
                wrapped.Append(' ');
                width++;
            }

            wrapped.Append(word);
            width += word.Length;
        }

        return wrapped.ToString();
    }

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Colour();
}

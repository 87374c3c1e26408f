using System.Text;

namespace Orleans.Kpl.Cli.Top;

/// <summary>Fits text to the width of a terminal, which would break lines in the middle of words.</summary>
internal static class Lines
{
    private const string Indent = "  ";

    /// <summary>Joins parts into lines of at most so many columns; a part that is longer has a line of its own.</summary>
    /// <param name="parts">What stays together, with how many columns each has: colours take none.</param>
    /// <param name="separator">What stands between two parts of a line.</param>
    /// <param name="columns">The width.</param>
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

    /// <summary>Cuts each line of a table to the width.</summary>
    public static string Cut(string table, int columns) =>
        string.Join('\n', table.Split('\n').Select(line => line.Length <= columns ? line : $"{line.AsSpan(0, Math.Max(0, columns - 1))}…"));
}

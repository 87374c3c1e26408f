using System.Text;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Prints rows in aligned columns; numbers are aligned to the right.</summary>
internal sealed class PrintedTable(params string[] headings)
{
    private readonly List<string[]> _rows = [headings];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var widths = Enumerable.Range(0, headings.Length).Select(c => _rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var line = row.Select((cell, c) => IsNumber(c) ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]));
            text.Append(string.Join("  ", line).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private bool IsNumber(int column) => _rows.Count > 1 && _rows.Skip(1).All(r => r[column].Length == 0 || IsNumber(r[column]));

    /// <summary>Addresses begin and end with digits too.</summary>
    private static bool IsNumber(string cell) =>
        char.IsAsciiDigit(cell[0]) && (char.IsAsciiDigit(cell[^1]) || cell[^1] == '%') && !cell.Contains(':');
}

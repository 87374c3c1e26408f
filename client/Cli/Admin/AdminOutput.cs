using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Prints a tier's answer: unchanged in one line, or as a table.</summary>
internal sealed class AdminOutput(CliHost host, bool json)
{
    /// <summary>The colours of the output.</summary>
    public Paint Paint => host.OutputPaint;

    /// <summary>The width that tables keep to; without end where no terminal shows them.</summary>
    public int Columns => host.OutputIsTerminal ? host.Columns() : int.MaxValue;

    public int Tell(byte[] answer, Func<string> makeTable)
    {
        host.Write(json ? Encoding.UTF8.GetString(answer) + "\n" : makeTable());
        return ExitCode.Success;
    }

    /// <summary>Whether an answer was read that is not what it should be. A member that is not there is null.</summary>
    public static bool IsNoAnswer(Exception e) => e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
        or NullReferenceException or ArgumentException;

    public static CliException NoAnswer() =>
        CliException.Failed("the tier's answer cannot be read: it is of another version, or what answers is no tier");

    public static T Read<T>(byte[] answer, JsonTypeInfo<T> type) => AdminJson.Read(Encoding.UTF8.GetString(answer), type);

    /// <summary>Reads an answer that the command can do without; null if it is something else.</summary>
    public static T? TryRead<T>(byte[] answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Read(answer, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Prints rows in aligned columns; numbers are aligned to the right.</summary>
internal sealed class PrintedTable(params string[] headings)
{
    private readonly List<string[]> _rows = [headings];

    /// <summary>Adds a row. What others chose, such as keys, controls no terminal.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Printable.Of)]);

    /// <summary>Adds a row for each item.</summary>
    public PrintedTable With<T>(IEnumerable<T> items, Func<T, string[]> row)
    {
        foreach (var item in items)
            Add(row(item));
        return this;
    }

    public override string ToString()
    {
        var widths = Enumerable.Range(0, headings.Length).Select(c => _rows.Max(r => r[c].Length)).ToArray();
        var numbers = Enumerable.Range(0, headings.Length).Select(IsNumber).ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var line = row.Select((cell, c) => numbers[c] ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]));
            text.Append(string.Join("  ", line).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private bool IsNumber(int column) => _rows.Count > 1 && _rows.Skip(1).All(r => r[column].Length == 0 || IsNumber(r[column]));

    /// <summary>Addresses begin and end with digits too.</summary>
    private static bool IsNumber(string cell) =>
        char.IsAsciiDigit(cell[0]) && (char.IsAsciiDigit(cell[^1]) || cell[^1] == '%') && !cell.Contains(':');
}

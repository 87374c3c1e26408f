namespace Orleans.Kpl.Cli.Put;

/// <summary>Makes a record from a line.</summary>
internal interface ILineFormat
{
    ParsedLine Parse(ReadOnlySpan<byte> line);
}

/// <summary>Reads each line as a record, byte for byte; an empty line is a record without data.</summary>
internal sealed class TextLines(Func<string> nextKey) : ILineFormat
{
    public ParsedLine Parse(ReadOnlySpan<byte> line) => ParsedLine.Record(nextKey(), isJson: false);
}

/// <summary>The result of parsing one line.</summary>
/// <param name="IsJson">Whether the whole line, unchanged, can be the payload in a JSON request.</param>
/// <param name="Error">The error message of a bad line, for people.</param>
internal readonly record struct ParsedLine(LineKind Kind, string Key, bool IsJson, string? Code, string? Error)
{
    public static ParsedLine Blank => new(LineKind.Blank, "", false, null, null);

    public static ParsedLine Record(string key, bool isJson) => new(LineKind.Record, key, isJson, null, null);

    public static ParsedLine Bad(string code, string error) => new(LineKind.Bad, "", false, code, error);
}

/// <summary>The kind of a line.</summary>
internal enum LineKind
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>A blank line, which is skipped and not counted.</summary>
    Blank,

    /// <summary>A record that cannot be put, which is counted as failed.</summary>
    Bad,
}

namespace Orleans.Kpl.Cli.Put;

/// <summary>What was read from one line.</summary>
/// <param name="Kind">What the line is.</param>
/// <param name="Key">The partition key of a record.</param>
/// <param name="IsJson">Whether the whole line, as it stands, can be the payload in a JSON request.</param>
/// <param name="Code">Why a bad line is bad.</param>
/// <param name="Error">Why a bad line is bad, for people.</param>
internal readonly record struct ParsedLine(LineKind Kind, string Key, bool IsJson, string? Code, string? Error)
{
    public static ParsedLine Blank => new(LineKind.Blank, "", false, null, null);

    public static ParsedLine Record(string key, bool isJson) => new(LineKind.Record, key, isJson, null, null);

    public static ParsedLine Bad(string code, string error) => new(LineKind.Bad, "", false, code, error);
}

using System.Text.Json;
using System.Text.Unicode;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Put;

/// <summary>Reads each line as a JSON text, which is a record byte for byte; skips lines of blanks only.</summary>
/// <param name="nextKey">Makes the partition key of the next record if no field holds it.</param>
/// <param name="keyField">The field of the top-level object that holds the partition key; null for none.</param>
internal sealed class JsonLines(Func<string> nextKey, string? keyField) : ILineFormat
{
    /// <summary>The error code of a line that cannot be read as JSON.</summary>
    public const string InvalidJson = "InvalidJson";

    /// <summary>The nesting from which a text is not sent as plain JSON; the reader at the other end may allow only 64.</summary>
    private const int PlainDepth = 60;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 1000 };

    public ParsedLine Parse(ReadOnlySpan<byte> line)
    {
        if (!line.ContainsAnyExcept(" \t\r"u8))
            return ParsedLine.Blank;
        if (!Utf8.IsValid(line))
            return ParsedLine.Bad(InvalidJson, "the line is not UTF-8");

        try
        {
            return ParseText(line);
        }
        catch (JsonException exception)
        {
            return ParsedLine.Bad(InvalidJson, $"the line is not JSON, byte {exception.BytePositionInLine + 1}: {JsonFault.ReasonOf(exception) ?? "it cannot be read"}");
        }
    }

    private ParsedLine ParseText(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, Options);
        var deepest = 0;
        string? key = null;
        ParsedLine? bad = null;
        while (reader.Read())
        {
            deepest = Math.Max(deepest, reader.CurrentDepth);
            if (keyField is null || reader.CurrentDepth != 1 || reader.TokenType is not JsonTokenType.PropertyName || !IsNamed(reader, keyField))
                continue;
            reader.Read();
            bad = ReadKey(ref reader, out key);
        }

        if (keyField is null)
            key = nextKey();
        else if (key is null)
            return bad ?? BadKey($"the line has no field '{keyField}' at its top");
        else if (!PartitionKeyRule.IsFit(key))
            return BadKey(PartitionKeyRule.Describe(key)); // A tier refuses a request whole that has many of them.

        return ParsedLine.Record(key, deepest < PlainDepth && !IsBlank(line[0]) && !IsBlank(line[^1]) && !line.Contains((byte)'\r'));
    }

    private static bool IsNamed(in Utf8JsonReader reader, string name)
    {
        try
        {
            return reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false; // Half of a surrogate pair is no name of a field.
        }
    }

    private ParsedLine? ReadKey(ref Utf8JsonReader reader, out string? key)
    {
        key = null;
        if (reader.TokenType is JsonTokenType.Number)
        {
            key = System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
            return null;
        }

        if (reader.TokenType is not JsonTokenType.String)
            return BadKey($"field '{keyField}' is neither a string nor a number");

        try
        {
            key = reader.GetString();
            return null;
        }
        catch (InvalidOperationException)
        {
            return BadKey($"field '{keyField}' holds half of a surrogate pair");
        }
    }

    private static ParsedLine BadKey(string error) => ParsedLine.Bad(RecordErrorCodes.InvalidPartitionKey, error);

    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r';
}

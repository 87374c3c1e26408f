using System.Text.Json;
using System.Text.Unicode;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Takes the body of a request apart: one JSON object, or an array of objects, each a record as it stands.</summary>
internal static class JsonBody
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 64 };

    /// <exception cref="JsonException">The body is something else.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
            throw new JsonException("the body is not UTF-8");
        var reader = new Utf8JsonReader(body.Span, Options);
        reader.Read();
        if (reader.TokenType is JsonTokenType.StartObject)
        {
            var whole = TakeObject(body, ref reader);
            reader.Read();
            return [whole];
        }

        if (reader.TokenType is not JsonTokenType.StartArray)
            throw new JsonException("the body is neither a JSON object nor an array of objects");
        var records = new List<ReadOnlyMemory<byte>>();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (reader.TokenType is not JsonTokenType.StartObject)
                throw new JsonException($"element {records.Count} of the array is no object");
            records.Add(TakeObject(body, ref reader));
        }

        reader.Read();
        return records;
    }

    /// <summary>Takes lines apart; those of blanks only are no records.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> SplitLines(ReadOnlyMemory<byte> body)
    {
        var records = new List<ReadOnlyMemory<byte>>();
        foreach (var line in body.Span.Split((byte)'\n'))
        {
            if (body.Span[line].ContainsAnyExcept(" \t\r"u8))
                records.Add(body[line].TrimEnd((byte)'\r'));
        }

        return records;
    }

    /// <summary>Whether the last line is certainly whole: it has a line end, or is a complete JSON object or array.</summary>
    public static bool HasWholeEnd(ReadOnlySpan<byte> body)
    {
        var last = body[(body.LastIndexOf((byte)'\n') + 1)..];
        if (!last.ContainsAnyExcept(" \t\r"u8))
            return true;
        try
        {
            var reader = new Utf8JsonReader(last, Options);
            reader.Read();
            var isClosed = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
            reader.Skip();
            return isClosed && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> TakeObject(ReadOnlyMemory<byte> body, ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return body[start..(int)reader.BytesConsumed];
    }
}

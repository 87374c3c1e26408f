using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// Reads one object <c>{"partition_key","payload","explicit_hash_key"?}</c>, the payload being the slice of its JSON text; or with
/// <c>data</c> in the payload's place, in base64.
/// </summary>
internal static class EventReader
{
    /// <summary>No limit on depth: the reader does not recurse, and the payload is the caller's business.</summary>
    public static readonly JsonReaderOptions Json = new() { MaxDepth = int.MaxValue };

    /// <summary>Reads the value that <paramref name="reader"/> stands on, to its end.</summary>
    /// <param name="reader">Over all of <paramref name="text"/>, so that its positions are positions there.</param>
    /// <param name="text">What is read.</param>
    /// <param name="form">Which member has the data.</param>
    /// <param name="record">The record; a payload is part of <paramref name="text"/>.</param>
    /// <param name="code">The error code when the value is no record.</param>
    /// <param name="message">What is wrong with it.</param>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static bool TryRead(ref Utf8JsonReader reader, ReadOnlyMemory<byte> text, PayloadForm form, out UserRecord record, out string code,
        out string message)
    {
        record = default;
        code = message = "";
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            (code, message) = (HttpErrorCodes.MalformedJson, "a record must be an object with partition_key and payload");
            return false;
        }

        string? key = null, keyError = null, hashKeyError = null, dataError = null;
        ReadOnlyMemory<byte>? payload = null;
        UInt128? hashKey = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (form == PayloadForm.JsonText && reader.ValueTextEquals("payload"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                payload = text[start..(int)reader.BytesConsumed];
            }
            else if (form == PayloadForm.Base64 && reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                payload = ReadData(ref reader, out dataError);
            }
            else if (reader.ValueTextEquals("partition_key"u8))
            {
                reader.Read();
                key = ReadKey(ref reader, out keyError);
            }
            else if (reader.ValueTextEquals("explicit_hash_key"u8))
            {
                reader.Read();
                hashKey = ReadHashKey(ref reader, out hashKeyError);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (key is null)
            (code, message) = (RecordErrorCodes.InvalidPartitionKey, keyError ?? "partition_key is missing");
        else if (hashKeyError is not null)
            (code, message) = (RecordErrorCodes.InvalidExplicitHashKey, hashKeyError);
        else if (payload is not { } data)
            (code, message) = (HttpErrorCodes.MissingPayload, dataError ?? (form == PayloadForm.Base64 ? "data is missing" : "payload is missing"));
        else
        {
            record = new UserRecord(key, data, hashKey);
            return true;
        }
        return false;
    }

    private static string? ReadKey(ref Utf8JsonReader reader, out string? error)
    {
        error = null;
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            error = "partition_key must be a string";
            return null;
        }
        var key = TextOf(ref reader);
        if (key is null)
            error = "partition_key is not valid UTF-8, or has half of a surrogate pair";
        return key;
    }

    private static ReadOnlyMemory<byte>? ReadData(ref Utf8JsonReader reader, out string? error)
    {
        error = null;
        try
        {
            if (reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out var data))
                return data;
        }
        catch (InvalidOperationException)
        {
            // escapes that are no Unicode text
        }
        reader.Skip();
        error = "data must be a string of base64";
        return null;
    }

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // bytes or escapes that are no Unicode text: the reader does not look into strings before
        }
    }

    private static UInt128? ReadHashKey(ref Utf8JsonReader reader, out string? error)
    {
        error = null;
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            reader.Skip();
            error = "explicit_hash_key must be a string of decimal digits";
            return null;
        }
        if (!reader.ValueIsEscaped && UInt128.TryParse(reader.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return value;
        // Everything but plain digits goes the way of the text, which also has the reasons.
        var text = reader.TokenType == JsonTokenType.Number ? Encoding.ASCII.GetString(reader.ValueSpan) : TextOf(ref reader);
        if (text is null)
        {
            error = "explicit_hash_key is not valid UTF-8";
            return null;
        }
        return ExplicitHashKey.TryParse(text, out value, out error) ? value : null;
    }
}

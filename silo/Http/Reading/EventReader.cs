using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// Reads one object <c>{"partition_key","payload","explicit_hash_key"?}</c>. The record's data is the slice of the payload's JSON
/// text; or <c>data</c>, in base64, replaces the payload.
/// </summary>
internal static class EventReader
{
    /// <summary>Sets no limit on depth: the reader does not recurse, and the payload's structure is up to the caller.</summary>
    public static readonly JsonReaderOptions Json = new() { MaxDepth = int.MaxValue };

    /// <summary>Reads the value at which <paramref name="reader"/> is positioned, to its end.</summary>
    /// <param name="reader">A reader over all of <paramref name="text"/>, so that its positions are positions in the text.</param>
    /// <param name="form">The member that carries the data.</param>
    /// <param name="record">The record; its payload is part of <paramref name="text"/>.</param>
    /// <param name="code">The error code when the value is not a record.</param>
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

        var start = (int)reader.TokenStartIndex;
        string? key = null, keyError = null, hashKeyError = null, dataError = null, misspelt = null;
        ReadOnlyMemory<byte>? payload = null;
        UInt128? hashKey = null;
        var isUnreadable = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (isUnreadable || (reader.ValueIsEscaped && !JsonText.IsText(ref reader)))
            {
                // Half of a surrogate pair in a name: comparing it throws. The rest is read for its end only, and no more is thrown.
                isUnreadable = true;
                reader.Read();
                reader.Skip();
            }
            else if (keyError is not null || hashKeyError is not null || dataError is not null)
            {
                reader.Read(); // it is no record any more
                reader.Skip();
            }
            else if (form == PayloadForm.JsonText && reader.ValueTextEquals("payload"u8))
            {
                reader.Read();
                var begin = (int)reader.TokenStartIndex;
                reader.Skip();
                payload = text[begin..(int)reader.BytesConsumed];
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
                misspelt ??= DescribeMisspelt(ref reader, form);
                reader.Read();
                reader.Skip();
            }
        }

        if (isUnreadable)
            (code, message) = (HttpErrorCodes.MalformedJson, "a member's name has half of a surrogate pair");
        else if (key is null && (hashKeyError ?? dataError) is null)
            (code, message) = (RecordErrorCodes.InvalidPartitionKey, keyError ?? Missing("partition_key", ref reader));
        else if (hashKeyError is not null)
            (code, message) = (RecordErrorCodes.InvalidExplicitHashKey, hashKeyError);
        else if (dataError is not null)
            (code, message) = (HttpErrorCodes.BadRequest, dataError);
        else if (payload is not { } data)
            (code, message) = (HttpErrorCodes.MissingPayload, Missing(form == PayloadForm.Base64 ? "data" : "payload", ref reader));
        else if (form == PayloadForm.JsonText && !Utf8.IsValid(data.Span))
            (code, message) = (HttpErrorCodes.MalformedJson, JsonText.NoUtf8);
        else if (misspelt is not null)
            (code, message) = (HttpErrorCodes.BadRequest, misspelt);
        else
        {
            record = new UserRecord(key!, data, hashKey); // without a key there was an error above
            return true;
        }
        return false;

        string Missing(string member, ref Utf8JsonReader end) => MemberNames.DescribeMissing(member, form, text.Span[start..(int)end.BytesConsumed]);
    }

    /// <summary>Says what was probably meant by a member that is not known; null where it is near none that is.</summary>
    private static string? DescribeMisspelt(ref Utf8JsonReader reader, PayloadForm form) => MemberNames.FindNear(ref reader, form) is not { } near ? null
        : $"the member '{Encoding.UTF8.GetString(reader.ValueSpan)}' is not known: did you mean '{near}'?";

    private static string? ReadKey(ref Utf8JsonReader reader, out string? error)
    {
        error = null;
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            error = "partition_key must be a string";
            return null;
        }
        var key = JsonText.Read(ref reader);
        if (key is null)
            error = "partition_key is not valid UTF-8, or has half of a surrogate pair";
        return key;
    }

    private static ReadOnlyMemory<byte>? ReadData(ref Utf8JsonReader reader, out string? error)
    {
        error = null;
        if (reader.TokenType == JsonTokenType.String && JsonText.IsText(ref reader) && reader.TryGetBytesFromBase64(out var data))
            return data;
        reader.Skip();
        error = Base64Line.NoBase64;
        return null;
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
        // Everything except plain digits is parsed as text, which also produces the error messages.
        var text = reader.TokenType == JsonTokenType.Number ? Encoding.ASCII.GetString(reader.ValueSpan) : JsonText.Read(ref reader);
        if (text is null)
        {
            error = "explicit_hash_key is not valid UTF-8";
            return null;
        }
        return ExplicitHashKey.TryParse(text, out value, out error) ? value : null;
    }
}

/// <summary>How an object carries a record's data.</summary>
internal enum PayloadForm
{
    /// <summary>Member <c>payload</c>: the data is the payload's JSON text.</summary>
    JsonText,

    /// <summary>Member <c>data</c>: the data is this base64 text, decoded.</summary>
    Base64,
}

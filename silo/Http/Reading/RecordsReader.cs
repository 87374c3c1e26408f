using System.Text.Json;
using System.Text.Unicode;
using Orleans.Kpl.Http.Reading.Keying;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Reads the records of a body: one object, an array of objects, or one object per line.</summary>
internal static class RecordsReader
{
    private const string NoRecords = """the body must be records, [{"partition_key":"k","payload":1}], or one of them; with ?key= an array of anything""";

    /// <summary>Reads one object.</summary>
    /// <exception cref="RequestRefusedException">The body is not JSON, or not a record.</exception>
    public static UserRecord ReadOne(ReadOnlyMemory<byte> body)
    {
        body = ByteOrderMark.Skip(body);
        var reader = new Utf8JsonReader(body.Span, EventReader.Json);
        try
        {
            reader.Read();
            var isRecord = EventReader.TryRead(ref reader, body, PayloadForm.JsonText, out var record, out var code, out var message);
            reader.Read(); // nothing may follow
            return isRecord ? record : throw RequestRefusedException.BadRequest(code, message);
        }
        catch (JsonException error)
        {
            throw RequestRefusedException.BadRequest(HttpErrorCodes.MalformedJson, $"the body is {JsonFault.Describe(error)}");
        }
    }

    /// <summary>
    /// Reads an array, or one record without an array around it, and returns whether it was one. An element that is JSON but not a record becomes an
    /// error at its position.
    /// </summary>
    /// <param name="key">Where partition keys come from; null where elements bring them.</param>
    /// <exception cref="RequestRefusedException">The body is not JSON, or neither an array nor an object.</exception>
    public static bool ReadArray(ReadOnlyMemory<byte> body, RecordBuffer records, KeyRule? key = null)
    {
        body = ByteOrderMark.Skip(body);
        var reader = new Utf8JsonReader(body.Span, EventReader.Json);
        try
        {
            reader.Read();
            var isOne = reader.TokenType == JsonTokenType.StartObject;
            if (isOne)
                ReadNext(ref reader, body, records, key);
            else if (reader.TokenType != JsonTokenType.StartArray)
                throw RequestRefusedException.BadRequest(HttpErrorCodes.MalformedJson, NoRecords);
            while (!isOne && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                ReadNext(ref reader, body, records, key);
            reader.Read(); // nothing may follow
            return isOne;
        }
        catch (JsonException error)
        {
            throw RequestRefusedException.BadRequest(HttpErrorCodes.MalformedJson, $"the body is {JsonFault.Describe(error)}");
        }
    }

    /// <summary>Reads one object per line. An invalid line becomes an error at its position; blank lines are not records.</summary>
    /// <param name="form">The member that carries the data of a line.</param>
    /// <param name="key">Where partition keys come from, of lines that are data as they stand; null where lines bring them.</param>
    public static void ReadLines(ReadOnlyMemory<byte> body, RecordBuffer records, PayloadForm form, KeyRule? key = null)
    {
        long number = 0;
        ReadLines(ByteOrderMark.Skip(body), records, form, key, int.MaxValue, ref number);
    }

    /// <summary>Reads lines until there are so many records, and returns what is left. Data in base64 is decoded where it stands.</summary>
    public static ReadOnlyMemory<byte> ReadLines(
        ReadOnlyMemory<byte> body, RecordBuffer records, PayloadForm form, KeyRule? key, int most, ref long number)
    {
        while (!body.IsEmpty && records.Count < most)
        {
            number++;
            if (form == PayloadForm.Base64 && TryReadPlain(ref body, records))
                continue;
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Span.ContainsAnyExcept(" \t\r"u8))
                ReadLine(line, number, records, form, key);
        }
        return body;
    }

    private static bool TryReadPlain(ref ReadOnlyMemory<byte> body, RecordBuffer records)
    {
        var length = Base64Line.TryRead(body, records.Scratch, out var key, out var decoded);
        if (length == 0)
            return false;
        body = body[length..];
        if (decoded is { } data)
            records.Add(new UserRecord(key, data));
        else
            records.AddError(HttpErrorCodes.BadRequest, Base64Line.NoBase64);
        return true;
    }

    private static void ReadLine(ReadOnlyMemory<byte> line, long number, RecordBuffer records, PayloadForm form, KeyRule? key)
    {
        var reader = new Utf8JsonReader(line.Span, EventReader.Json);
        try
        {
            reader.Read();
            var data = line.Span.EndsWith((byte)'\r') ? line[..^1] : line;
            var isRecord = TryRead(ref reader, line, form, key, data, out var record, out var code, out var message);
            reader.Read(); // nothing may follow
            if (isRecord)
                records.Add(record);
            else
                records.AddError(code, message);
        }
        catch (JsonException error)
        {
            records.AddError(HttpErrorCodes.MalformedJson, $"the record is {JsonFault.Describe(error, number)}");
        }
    }

    private static void ReadNext(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, RecordBuffer records, KeyRule? key)
    {
        if (TryRead(ref reader, body, PayloadForm.JsonText, key, null, out var record, out var code, out var message))
            records.Add(record);
        else
            records.AddError(code, message);
    }

    /// <summary>Reads the value at which the reader stands.</summary>
    /// <param name="key">Where its partition key comes from, where it is data as it stands; null where it brings its key.</param>
    /// <param name="line">That data; null for the value itself.</param>
    private static bool TryRead(
        ref Utf8JsonReader reader, ReadOnlyMemory<byte> text, PayloadForm form, KeyRule? key, ReadOnlyMemory<byte>? line, out UserRecord record,
        out string code, out string message)
    {
        if (key is null)
            return EventReader.TryRead(ref reader, text, form, out record, out code, out message);
        (record, code) = (default, RecordErrorCodes.InvalidPartitionKey);
        var start = (int)reader.TokenStartIndex;
        if (!key.TryRead(ref reader, out var partitionKey, out message))
            return false;
        record = new UserRecord(partitionKey, line ?? text[start..(int)reader.BytesConsumed]);
        if (Utf8.IsValid(record.Data.Span))
            return true;
        (code, message) = (HttpErrorCodes.MalformedJson, JsonText.NoUtf8);
        return false;
    }
}

using System.Text.Json;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Reads the records of a body: one object, an array of objects, or one object per line.</summary>
internal static class RecordsReader
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads one object.</summary>
    /// <exception cref="RequestRefusedException">The body is not JSON, or not a record.</exception>
    public static UserRecord ReadOne(ReadOnlyMemory<byte> body)
    {
        body = WithoutMark(body);
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
            throw RequestRefusedException.BadRequest(HttpErrorCodes.MalformedJson, JsonErrors.Describe("the body", error));
        }
    }

    /// <summary>Reads an array. An element that is JSON but not a record becomes an error at its position.</summary>
    /// <exception cref="RequestRefusedException">The body is not JSON, or not an array.</exception>
    public static void ReadArray(ReadOnlyMemory<byte> body, RecordBuffer records)
    {
        body = WithoutMark(body);
        var reader = new Utf8JsonReader(body.Span, EventReader.Json);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
                throw RequestRefusedException.BadRequest(HttpErrorCodes.MalformedJson, "the body must be an array of records");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                ReadNext(ref reader, body, records);
            reader.Read(); // nothing may follow
        }
        catch (JsonException error)
        {
            throw RequestRefusedException.BadRequest(HttpErrorCodes.MalformedJson, JsonErrors.Describe("the body", error));
        }
    }

    /// <summary>Reads one object per line. An invalid line becomes an error at its position; blank lines are not records.</summary>
    public static void ReadLines(ReadOnlyMemory<byte> body, RecordBuffer records, PayloadForm form)
    {
        body = WithoutMark(body);
        for (long number = 1; !body.IsEmpty; number++)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Span.ContainsAnyExcept(" \t\r"u8))
                ReadLine(line, number, records, form);
        }
    }

    private static void ReadLine(ReadOnlyMemory<byte> line, long number, RecordBuffer records, PayloadForm form)
    {
        var reader = new Utf8JsonReader(line.Span, EventReader.Json);
        try
        {
            reader.Read();
            var isRecord = EventReader.TryRead(ref reader, line, form, out var record, out var code, out var message);
            reader.Read(); // nothing may follow
            if (isRecord)
                records.Add(record);
            else
                records.AddError(code, message);
        }
        catch (JsonException error)
        {
            records.AddError(HttpErrorCodes.MalformedJson, JsonErrors.Describe("the record", error, number));
        }
    }

    private static void ReadNext(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, RecordBuffer records)
    {
        if (EventReader.TryRead(ref reader, body, PayloadForm.JsonText, out var record, out var code, out var message))
            records.Add(record);
        else
            records.AddError(code, message);
    }

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> body) =>
        body.Span.StartsWith(ByteOrderMark) ? body[ByteOrderMark.Length..] : body;
}

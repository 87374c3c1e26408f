using System.Text.Json;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Kinesis.Putting;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>Writes AWS JSON 1.1.</summary>
internal sealed class JsonFrontWriter : FrontWriter
{
    /// <summary>The usual bytes of a record's place, with the sequence numbers of Kinesis.</summary>
    private const int UsualBytes = 120;

    // Pooled: the answer to 500 records would be an array of the large heap each time.
    private readonly AnswerBuffer _buffer = new();
    private readonly Utf8JsonWriter _json;

    public JsonFrontWriter() => _json = new Utf8JsonWriter(_buffer, AnswerBuffer.Json);

    public override void StartObject() => _json.WriteStartObject();

    public override void EndObject() => _json.WriteEndObject();

    public override void StartArray() => _json.WriteStartArray();

    public override void EndArray() => _json.WriteEndArray();

    public override void Name(string name) => _json.WritePropertyName(name);

    public override void Text(string text) => _json.WriteStringValue(text);

    public override void Number(long number) => _json.WriteNumberValue(number);

    public override void Bool(bool value) => _json.WriteBooleanValue(value);

    public override void Null() => _json.WriteNullValue();

    public override void Instant(JsonElement seconds) => seconds.WriteTo(_json);

    public override ReadOnlyMemory<byte> End()
    {
        _json.Flush();
        return _buffer.Written;
    }

    /// <remarks>There are 500 of them in nearly every answer: they are written as text.</remarks>
    public override void ResultEntries(ReadOnlySpan<RecordResult> results)
    {
        _json.WriteStartArray();
        _json.Flush();
        // Once: a buffer that grows with them is copied again and again.
        _buffer.GetSpan(results.Length * UsualBytes);
        for (var i = 0; i < results.Length; i++)
        {
            _buffer.Write(i == 0 ? "{\"SequenceNumber\":"u8 : ",{\"SequenceNumber\":"u8);
            _buffer.WriteText(results[i].SequenceNumber ?? EntryOutcome.NoSequenceNumber);
            _buffer.Write(",\"ShardId\":"u8);
            _buffer.WriteText(results[i].ShardId ?? EntryOutcome.NoShard);
            _buffer.Write("}"u8);
        }

        _json.WriteEndArray();
    }

    public override void Dispose()
    {
        _json.Dispose();
        _buffer.Dispose();
    }
}

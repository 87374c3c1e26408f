using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>Writes AWS JSON 1.1.</summary>
internal sealed class JsonFrontWriter : FrontWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Longer places are written by the writer of JSON.
    private const int UsualPlace = 256;

    // Pooled: the answer to 500 records would be an array of the large heap each time.
    private readonly AnswerBuffer _buffer = new();
    private readonly Utf8JsonWriter _json;

    public JsonFrontWriter() => _json = new Utf8JsonWriter(_buffer, Options);

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

    public override void Place(string sequenceNumber, string shardId)
    {
        Span<byte> place = stackalloc byte[UsualPlace];
        var isPlain = !sequenceNumber.AsSpan().ContainsAnyExcept(PlainText.Characters) && !shardId.AsSpan().ContainsAnyExcept(PlainText.Characters);
        if (isPlain && Utf8.TryWrite(place, $"{{\"SequenceNumber\":\"{sequenceNumber}\",\"ShardId\":\"{shardId}\"}}", out var length))
            _json.WriteRawValue(place[..length], skipInputValidation: true);
        else
            base.Place(sequenceNumber, shardId);
    }

    public override void Dispose()
    {
        _json.Dispose();
        _buffer.Dispose();
    }
}

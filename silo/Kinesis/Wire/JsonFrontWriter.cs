using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>Writes AWS JSON 1.1.</summary>
internal sealed class JsonFrontWriter : FrontWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(512);
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
        return _buffer.WrittenMemory;
    }

    public override void Dispose() => _json.Dispose();
}

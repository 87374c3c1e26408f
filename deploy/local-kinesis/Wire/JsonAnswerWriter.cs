using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>The JSON 1.1 dialect: blobs in base64, instants in seconds with a fraction.</summary>
internal sealed class JsonAnswerWriter(PooledBytes output) : AnswerWriter(output)
{
    public const string MediaType = "application/x-amz-json-1.1";

    private readonly Utf8JsonWriter _json = new(output, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    public override string ContentType => MediaType;

    public override PooledBytes Output
    {
        get
        {
            _json.Flush();
            return base.Output;
        }
    }

    public override void Reset()
    {
        _json.Reset();
        base.Reset();
    }

    public override void StartObject() => _json.WriteStartObject();

    public override void EndObject() => _json.WriteEndObject();

    public override void StartArray() => _json.WriteStartArray();

    public override void EndArray() => _json.WriteEndArray();

    public override void Name(ReadOnlySpan<byte> name) => _json.WritePropertyName(name);

    public override void Number(long value) => _json.WriteNumberValue(value);

    public override void Bool(bool value) => _json.WriteBooleanValue(value);

    public override void String(string value) => _json.WriteStringValue(value);

    public override void Bytes(ReadOnlySpan<byte> value) => _json.WriteBase64StringValue(value);

    public override void Timestamp(long utcTicks) => _json.WriteNumberValue(EndpointClock.ToUnixMilliseconds(utcTicks) / 1000m);
}

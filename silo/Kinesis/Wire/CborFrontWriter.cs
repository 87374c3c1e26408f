using System.Formats.Cbor;
using System.Text.Json;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>
/// Writes AWS' CBOR 1.1: maps and arrays of indefinite length, instants as tag 1 with whole milliseconds (AWS SDK for Java, SdkCborGenerator).
/// </summary>
internal sealed class CborFrontWriter : FrontWriter
{
    private readonly CborWriter _cbor = new(CborConformanceMode.Lax);

    public override void StartObject() => _cbor.WriteStartMap(null);

    public override void EndObject() => _cbor.WriteEndMap();

    public override void StartArray() => _cbor.WriteStartArray(null);

    public override void EndArray() => _cbor.WriteEndArray();

    public override void Name(string name) => _cbor.WriteTextString(name);

    public override void Text(string text) => _cbor.WriteTextString(text);

    public override void Number(long number) => _cbor.WriteInt64(number);

    public override void Bool(bool value) => _cbor.WriteBoolean(value);

    public override void Null() => _cbor.WriteNull();

    public override void Instant(JsonElement seconds)
    {
        _cbor.WriteTag(CborTag.UnixTimeSeconds);
        _cbor.WriteInt64((long)Math.Round(seconds.GetDouble() * 1_000));
    }

    public override ReadOnlyMemory<byte> End() => _cbor.Encode();

    public override void Dispose()
    {
    }
}

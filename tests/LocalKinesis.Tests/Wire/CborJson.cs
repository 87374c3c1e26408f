using System.Formats.Cbor;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.LocalKinesis.Tests.Wire;

/// <summary>CBOR that says what a JSON text says, as Kinesis speaks it: <c>Data</c> is bytes, and a timestamp has a tag and milliseconds.</summary>
internal static class CborJson
{
    /// <param name="isIndefinite">Whether nothing has its length beforehand, so that strings come in pieces.</param>
    public static byte[] Write(string json, bool isIndefinite = false)
    {
        var writer = new CborWriter(CborConformanceMode.Lax);
        Write(writer, JsonDocument.Parse(json).RootElement, "", isIndefinite);
        return writer.Encode();
    }

    public static JsonNode Read(byte[] cbor) => Read(new CborReader(cbor, CborConformanceMode.Lax))!;

    private static void Write(CborWriter writer, JsonElement value, string name, bool isIndefinite)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartMap(isIndefinite ? null : value.EnumerateObject().Count());
                foreach (var member in value.EnumerateObject())
                {
                    writer.WriteTextString(member.Name);
                    Write(writer, member.Value, member.Name, isIndefinite);
                }
                writer.WriteEndMap();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray(isIndefinite ? null : value.GetArrayLength());
                foreach (var element in value.EnumerateArray())
                    Write(writer, element, "", isIndefinite);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Null:
                writer.WriteNull();
                break;
            case JsonValueKind.Number when name.EndsWith("Timestamp", StringComparison.Ordinal):
                writer.WriteTag(CborTag.UnixTimeSeconds);
                writer.WriteInt64((long)(value.GetDouble() * 1_000));
                break;
            case JsonValueKind.Number:
                writer.WriteInt32(value.GetInt32());
                break;
            default:
                WriteString(writer, value, isData: name == "Data", isIndefinite);
                break;
        }
    }

    private static void WriteString(CborWriter writer, JsonElement value, bool isData, bool isIndefinite)
    {
        switch (isData, isIndefinite)
        {
            case (true, false):
                writer.WriteByteString(value.GetBytesFromBase64());
                break;
            case (true, true):
                writer.WriteStartIndefiniteLengthByteString();
                foreach (var piece in value.GetBytesFromBase64().Chunk(3))
                    writer.WriteByteString(piece);
                writer.WriteEndIndefiniteLengthByteString();
                break;
            case (false, false):
                writer.WriteTextString(value.GetString()!);
                break;
            case (false, true):
                writer.WriteStartIndefiniteLengthTextString();
                foreach (var piece in value.GetString()!)
                    writer.WriteTextString($"{piece}");
                writer.WriteEndIndefiniteLengthTextString();
                break;
        }
    }

    private static JsonNode? Read(CborReader reader)
    {
        switch (reader.PeekState())
        {
            case CborReaderState.StartMap:
                var map = new JsonObject();
                reader.ReadStartMap();
                while (reader.PeekState() != CborReaderState.EndMap)
                    map[reader.ReadTextString()] = Read(reader);
                reader.ReadEndMap();
                return map;
            case CborReaderState.StartArray:
                var list = new JsonArray();
                reader.ReadStartArray();
                while (reader.PeekState() != CborReaderState.EndArray)
                    list.Add(Read(reader));
                reader.ReadEndArray();
                return list;
            case CborReaderState.Tag:
                Assert.Equal(CborTag.UnixTimeSeconds, reader.ReadTag());
                return reader.ReadInt64();
            case CborReaderState.ByteString: return Convert.ToBase64String(reader.ReadByteString());
            case CborReaderState.TextString: return reader.ReadTextString();
            case CborReaderState.Boolean: return reader.ReadBoolean();
            case CborReaderState.Null:
                reader.ReadNull();
                return null;
            default: return reader.ReadInt64();
        }
    }
}

using System.Buffers;
using System.Formats.Cbor;
using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Kinesis.Putting;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>The members of a request that describes; one in CBOR is converted to JSON first.</summary>
internal sealed class DescribeRequest(JsonElement body)
{
    /// <exception cref="FrontException">The body is not such a request.</exception>
    public static DescribeRequest Read(ReadOnlyMemory<byte> body, bool isCbor)
    {
        try
        {
            var json = body.IsEmpty ? "{}"u8.ToArray() : isCbor ? ToJson(body) : body;
            var root = JsonElement.Parse(json.Span);
            return root.ValueKind == JsonValueKind.Object ? new DescribeRequest(root) : throw new JsonException("no object");
        }
        catch (Exception error) when (error is JsonException or CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw FrontErrors.Serialization("The body is not such a request.");
        }
    }

    public string Stream => StreamReference.Of(Text("StreamName"), Text("StreamARN"));

    public string? Text(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => TextOf(text),
        _ => throw Wrong(name),
    };

    public int? Number(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var value) => value,
        _ => throw Wrong(name),
    };

    /// <summary>Returns an instant, in seconds since 1970.</summary>
    public double? Seconds(string name) => Value(name) switch
    {
        null => null,
        // One that is too large for a double is infinite, and JSON has no name for that.
        { ValueKind: JsonValueKind.Number } number when number.GetDouble() is var value && double.IsFinite(value) => value,
        _ => throw Wrong(name),
    };

    public DescribeRequest? Object(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new DescribeRequest(value),
        _ => throw Wrong(name),
    };

    private JsonElement? Value(string name)
    {
        try
        {
            return body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair in a name: comparing it throws.
            throw FrontErrors.Serialization("A name is not Unicode.");
        }
    }

    private static FrontException Wrong(string name) => FrontErrors.Serialization($"{name} has a value of another type than it must have.");

    private static string TextOf(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw FrontErrors.Serialization("A text is not Unicode.");
        }
    }

    private static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        var cbor = new CborReader(body, CborConformanceMode.Lax);
        Copy(cbor, json, 0);
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void Copy(CborReader cbor, Utf8JsonWriter json, int depth)
    {
        if (depth > CborParts.DeepestNesting)
            throw new CborContentException("nested too deeply");
        switch (cbor.PeekState())
        {
            case CborReaderState.StartMap:
                cbor.ReadStartMap();
                json.WriteStartObject();
                while (cbor.PeekState() != CborReaderState.EndMap)
                {
                    json.WritePropertyName(CborParts.ReadText(cbor));
                    Copy(cbor, json, depth + 1);
                }

                cbor.ReadEndMap();
                json.WriteEndObject();
                break;
            case CborReaderState.StartArray:
                cbor.ReadStartArray();
                json.WriteStartArray();
                while (cbor.PeekState() != CborReaderState.EndArray)
                    Copy(cbor, json, depth + 1);
                cbor.ReadEndArray();
                json.WriteEndArray();
                break;
            case CborReaderState.Tag:
                // The only tag of this dialect is that of an instant, in milliseconds.
                if (cbor.ReadTag() == CborTag.UnixTimeSeconds && cbor.PeekState() is CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger)
                    json.WriteNumberValue(cbor.ReadInt64() / 1_000m);
                else
                    Copy(cbor, json, depth + 1);
                break;
            case CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString:
                json.WriteStringValue(CborParts.ReadText(cbor));
                break;
            case CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger:
                json.WriteNumberValue(cbor.ReadInt64());
                break;
            case CborReaderState.Boolean:
                json.WriteBooleanValue(cbor.ReadBoolean());
                break;
            case CborReaderState.HalfPrecisionFloat or CborReaderState.SinglePrecisionFloat or CborReaderState.DoublePrecisionFloat:
                json.WriteRawValue(cbor.ReadDouble().ToString("R", CultureInfo.InvariantCulture));
                break;
            default:
                cbor.SkipValue();
                json.WriteNullValue();
                break;
        }
    }
}

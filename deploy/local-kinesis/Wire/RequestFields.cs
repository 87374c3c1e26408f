using System.Formats.Cbor;
using System.Text.Json;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>
/// The fields of a request, whichever dialect it came in: strings, blobs, whole numbers, doubles, booleans, instants, lists and maps.
/// A field of the wrong type is a SerializationException, as in the service.
/// </summary>
internal sealed class RequestFields(IReadOnlyDictionary<string, object?> fields, bool isCbor)
{
    public static RequestFields Parse(ReadOnlyMemory<byte> body, bool cbor)
    {
        if (body.IsEmpty) return new(new Dictionary<string, object?>(), cbor);
        return new(cbor ? CborFields.Parse(body) : ParseJson(body), cbor);
    }

    public string? String(string name) => Get<string>(name, "String");

    /// <summary>CBOR's bytes, or JSON's base64.</summary>
    public byte[]? Blob(string name)
    {
        if (isCbor || fields.GetValueOrDefault(name) is not string text)
            return Get<byte[]>(name, "Blob");
        var bytes = new byte[text.Length * 3L / 4 + 2];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : throw KinesisErrors.Serialization("Unable to decode base64");
    }

    public int? Int(string name) => fields.GetValueOrDefault(name) switch
    {
        null => null,
        long value and >= int.MinValue and <= int.MaxValue => (int)value,
        double value when value == Math.Truncate(value) && Math.Abs(value) <= int.MaxValue => (int)value,
        _ => throw Wrong(name, "Integer"),
    };

    public bool? Bool(string name) => fields.GetValueOrDefault(name) switch
    {
        null => null,
        bool value => value,
        _ => throw Wrong(name, "Boolean"),
    };

    /// <summary>UTC ticks of an instant: a CBOR date, or JSON's seconds.</summary>
    public long? Timestamp(string name) => fields.GetValueOrDefault(name) switch
    {
        null => null,
        DateTimeOffset value => value.UtcTicks,
        long value and > -200_000_000_000 and < 200_000_000_000 => DateTime.UnixEpoch.Ticks + value * TimeSpan.TicksPerSecond,
        double value when Math.Abs(value) < 200_000_000_000 =>
            DateTime.UnixEpoch.Ticks + (long)Math.Round(value * 1_000) * TimeSpan.TicksPerMillisecond,
        _ => throw Wrong(name, "Timestamp"),
    };

    public RequestFields? Object(string name) =>
        Get<IReadOnlyDictionary<string, object?>>(name, "Structure") is { } inner ? new(inner, isCbor) : null;

    public IReadOnlyList<RequestFields>? Objects(string name) =>
        List(name)?.Select(item => new RequestFields(item as IReadOnlyDictionary<string, object?> ?? throw Wrong(name, "Structure"), isCbor)).ToList();

    public IReadOnlyList<string>? Strings(string name) => List(name)?.Select(item => item as string ?? throw Wrong(name, "String")).ToList();

    public IReadOnlyDictionary<string, string>? Map(string name) =>
        Get<IReadOnlyDictionary<string, object?>>(name, "Map")?.ToDictionary(
            pair => pair.Key, pair => pair.Value as string ?? throw Wrong(name, "String"));

    private IReadOnlyList<object?>? List(string name) => Get<IReadOnlyList<object?>>(name, "List");

    private T? Get<T>(string name, string type) where T : class => fields.GetValueOrDefault(name) switch
    {
        null => null,
        T value => value,
        _ => throw Wrong(name, type),
    };

    private static KinesisException Wrong(string name, string type) =>
        KinesisErrors.Serialization($"{name} can not be converted to a{("AEIOU".Contains(type[0]) ? "n" : "")} {type}");

    private static IReadOnlyDictionary<string, object?> ParseJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Value(document.RootElement) as IReadOnlyDictionary<string, object?>
                ?? throw KinesisErrors.Serialization("Start of structure or map found where not expected.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw KinesisErrors.Serialization();
        }
    }

    private static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Properties(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? whole : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static Dictionary<string, object?> Properties(JsonElement element)
    {
        var properties = new Dictionary<string, object?>();
        foreach (var property in element.EnumerateObject())
            properties[property.Name] = Value(property.Value);
        return properties;
    }
}

/// <summary>Reads a CBOR request into plain values. Instants are tag 1 with milliseconds; any item may be of indefinite length.</summary>
internal static class CborFields
{
    private const int DeepestNesting = 32;

    public static IReadOnlyDictionary<string, object?> Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            // Strict, so that a text which is no UTF-8 is refused.
            var reader = new CborReader(body, CborConformanceMode.Strict);
            if (reader.PeekState() == CborReaderState.Tag) reader.ReadTag();
            return Value(reader, 0) as IReadOnlyDictionary<string, object?> ?? throw KinesisErrors.Serialization();
        }
        catch (Exception error) when (error is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw KinesisErrors.Serialization();
        }
    }

    private static object? Value(CborReader reader, int depth)
    {
        if (depth > DeepestNesting) throw KinesisErrors.Serialization();
        switch (reader.PeekState())
        {
            case CborReaderState.StartMap:
                var map = new Dictionary<string, object?>();
                reader.ReadStartMap();
                while (reader.PeekState() != CborReaderState.EndMap) map[reader.ReadTextString()] = Value(reader, depth + 1);
                reader.ReadEndMap();
                return map;
            case CborReaderState.StartArray:
                var list = new List<object?>();
                reader.ReadStartArray();
                while (reader.PeekState() != CborReaderState.EndArray) list.Add(Value(reader, depth + 1));
                reader.ReadEndArray();
                return list;
            case CborReaderState.Tag:
                var tag = reader.ReadTag();
                var value = Value(reader, depth + 1);
                return tag != CborTag.UnixTimeSeconds ? value : value switch
                {
                    long milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds),
                    double milliseconds => DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds),
                    _ => throw KinesisErrors.Serialization(),
                };
            case CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString: return reader.ReadTextString();
            case CborReaderState.ByteString or CborReaderState.StartIndefiniteLengthByteString: return reader.ReadByteString();
            case CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger: return reader.ReadInt64();
            case CborReaderState.Boolean: return reader.ReadBoolean();
            case CborReaderState.Null:
                reader.ReadNull();
                return null;
            case CborReaderState.HalfPrecisionFloat or CborReaderState.SinglePrecisionFloat or CborReaderState.DoublePrecisionFloat:
                return reader.ReadDouble();
            default: throw KinesisErrors.Serialization();
        }
    }
}

using System.Formats.Cbor;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>Reads a CBOR request into plain values. Instants are tag 1 with milliseconds; any item may be of indefinite length.</summary>
internal static class CborFields
{
    private const int DeepestNesting = 32;

    public static IReadOnlyDictionary<string, object?> Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var reader = new CborReader(body, CborConformanceMode.Lax);
            if (reader.PeekState() == CborReaderState.Tag) reader.ReadTag();
            return Value(reader, 0) as IReadOnlyDictionary<string, object?> ?? throw KinesisErrors.Serialization();
        }
        catch (Exception error) when (error is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw KinesisErrors.Serialization();
        }
    }

    /// <summary>The next value; also used to pass over fields nobody knows.</summary>
    public static object? Value(CborReader reader, int depth)
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

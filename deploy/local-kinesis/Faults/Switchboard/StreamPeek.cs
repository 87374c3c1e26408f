using System.Formats.Cbor;
using System.Text.Json;
using Orleans.Kpl.LocalKinesis.Operations;

namespace Orleans.Kpl.LocalKinesis.Faults.Switchboard;

/// <summary>Finds the stream that a request is about, and reads nothing else. Null when there is none, or the body is broken.</summary>
internal static class StreamPeek
{
    public static string? NameOf(ReadOnlyMemory<byte> body, bool cbor)
    {
        try
        {
            return cbor ? InCbor(body) : InJson(body.Span);
        }
        catch (Exception error) when (error is JsonException or CborContentException or InvalidOperationException or KinesisException)
        {
            // The operation will say what is wrong with it.
            return null;
        }
    }

    private static string? InJson(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (NamesStream(name) && reader.TokenType == JsonTokenType.String) return Resolve(name, reader.GetString()!);
            reader.Skip();
        }
        return null;
    }

    private static string? InCbor(ReadOnlyMemory<byte> body)
    {
        var reader = new CborReader(body, CborConformanceMode.Lax);
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            var name = reader.ReadTextString();
            if (NamesStream(name) && reader.PeekState() is CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString)
                return Resolve(name, reader.ReadTextString());
            reader.SkipValue();
        }
        return null;
    }

    private static bool NamesStream(string name) => name is "StreamName" or "StreamARN" or "ResourceARN" or "ConsumerARN" or "ShardIterator";

    private static string Resolve(string name, string value) =>
        name == "ShardIterator" ? ShardIterator.Parse(value).Stream
            : ConsumerArn.TryParse(value, out var consumer) ? consumer.Stream : StreamStore.NameOf(value);
}

using System.Buffers.Binary;
using System.Text;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>
/// Writes messages of <c>application/vnd.amazon.eventstream</c>, one at a time. A message is a prelude (its length, its headers' length,
/// the CRC-32 of both), headers, a payload, and the CRC-32 of all before. The payload is in the dialect of the request.
/// </summary>
internal sealed class EventStreamWriter(AnswerWriter payload)
{
    public const string MediaType = "application/vnd.amazon.eventstream";

    private const int PreludeLength = 12;
    private const byte StringValue = 7;

    /// <summary>The writer of the payload of the message that was started.</summary>
    public AnswerWriter Payload => payload;

    /// <summary>Starts an event; the last message is forgotten.</summary>
    public void StartEvent(string type) => Start(("event", ":event-type", type));

    /// <summary>Starts an exception, which a stream may end with.</summary>
    public void StartException(string type) => Start(("exception", ":exception-type", type));

    /// <summary>Ends the message. Its memory is valid until the next one starts.</summary>
    public ReadOnlyMemory<byte> End()
    {
        var output = payload.Output;
        BinaryPrimitives.WriteUInt32BigEndian(output.Memory.Span, (uint)output.Length + sizeof(uint));
        BinaryPrimitives.WriteUInt32BigEndian(output.Memory.Span[8..], Crc32.Of(output.Span[..8]));
        var crc = Crc32.Of(output.Span);
        BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(sizeof(uint)), crc);
        output.Advance(sizeof(uint));
        return output.Memory;
    }

    private void Start((string MessageType, string TypeHeader, string Type) message)
    {
        payload.Reset();
        var output = payload.Output;
        output.GetSpan(PreludeLength)[..PreludeLength].Clear();
        output.Advance(PreludeLength);
        Header(":message-type", message.MessageType);
        Header(message.TypeHeader, message.Type);
        Header(":content-type", payload.ContentType);
        BinaryPrimitives.WriteUInt32BigEndian(output.Memory.Span[4..], (uint)(output.Length - PreludeLength));
    }

    private void Header(string name, string value)
    {
        var output = payload.Output;
        output.Add((byte)name.Length);
        output.Add(Encoding.UTF8.GetBytes(name));
        output.Add(StringValue);
        var text = Encoding.UTF8.GetBytes(value);
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(sizeof(ushort)), (ushort)text.Length);
        output.Advance(sizeof(ushort));
        output.Add(text);
    }
}

/// <summary>The CRC-32 of zip and Ethernet (reflected, polynomial EDB88320). .NET itself has only the other one, CRC-32C.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var table = Table;
        var crc = uint.MaxValue;
        foreach (var value in bytes) crc = table[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint Entry(int value)
    {
        var crc = (uint)value;
        for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        return crc;
    }
}

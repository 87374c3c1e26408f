using System.Text;
using Orleans.Kpl.LocalKinesis.Tests.FanOut;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Tests.Wire;

public class EventStreamWriterTests
{
    [Fact]
    public void Crc32_IsThatOfZip()
    {
        Assert.Equal(0xCBF43926, Crc32.Of("123456789"u8));
        Assert.Equal(0u, Crc32.Of([]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public void Messages_OfAnyLength_AreReadByAwssOwnDecoder(int bytes)
    {
        using var output = new PooledBytes(16);
        var writer = new EventStreamWriter(new JsonAnswerWriter(output));
        var data = new byte[bytes];
        new Random(bytes).NextBytes(data);
        for (var message = 0; message < 2; message++)
        {
            writer.StartEvent("SubscribeToShardEvent");
            writer.Payload.StartObject();
            writer.Payload.Name("Data"u8);
            writer.Payload.Bytes(data);
            writer.Payload.EndObject();
            var (type, payload) = Subscriber.Decode(writer.End().ToArray());
            Assert.Equal(("event SubscribeToShardEvent", Convert.ToBase64String(data)), (type, (string?)payload["Data"]));
        }
        writer.StartException("InternalFailureException");
        writer.Payload.StartObject();
        writer.Payload.Field("message"u8, "größer");
        writer.Payload.EndObject();
        var (error, reason) = Subscriber.Decode(writer.End().ToArray());
        Assert.Equal(("exception InternalFailureException", "größer"), (error, (string?)reason["message"]));
    }

    [Fact]
    public void Message_HasThePublishedLayout()
    {
        using var output = new PooledBytes(16);
        var writer = new EventStreamWriter(new JsonAnswerWriter(output));
        writer.StartEvent("e");
        writer.Payload.StartObject();
        writer.Payload.EndObject();
        var message = writer.End().Span;
        const string headers = "\u000d:message-type\u0007\0\u0005event\u000b:event-type\u0007\0\u0001e\u000d:content-type\u0007\0\u001aapplication/x-amz-json-1.1";
        byte[] prelude = [0, 0, 0, (byte)(12 + headers.Length + 2 + 4), 0, 0, 0, (byte)headers.Length];
        Assert.Equal(prelude, message[..8].ToArray());
        Assert.Equal(Crc32.Of(prelude), System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(message[8..]));
        Assert.Equal(headers + "{}", Encoding.ASCII.GetString(message[12..^4]));
        Assert.Equal(Crc32.Of(message[..^4]), System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(message[^4..]));
    }
}

using System.Formats.Cbor;
using System.Net;

namespace Orleans.Kpl.LocalKinesis.Tests.Wire;

public class CborDialectTests : EndpointTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PutAndGetRecords_InCbor_RoundTripWithMillisecondTimestamps(bool indefinite)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var put = await SendAsync(Endpoint, "PutRecords", writer =>
        {
            int? Size(int count) => indefinite ? null : count;
            writer.WriteStartMap(Size(3));
            writer.WriteTextString("Extra");
            writer.WriteStartArray(Size(1));
            writer.WriteNull();
            writer.WriteEndArray();
            writer.WriteTextString("Records");
            writer.WriteStartArray(Size(1));
            writer.WriteStartMap(Size(3));
            writer.WriteTextString("Data");
            WriteBytes(writer, [1, 2, 3, 4], indefinite);
            writer.WriteTextString("PartitionKey");
            WriteText(writer, "kö", indefinite);
            writer.WriteTextString("ExplicitHashKey");
            WriteText(writer, "77", indefinite);
            writer.WriteEndMap();
            writer.WriteEndArray();
            writer.WriteTextString("StreamName");
            WriteText(writer, "events", indefinite);
            writer.WriteEndMap();
        });
        Assert.Equal(HttpStatusCode.OK, put.Status);
        var number = ((Dictionary<string, object>)((List<object>)put.Answer["Records"])[0])["SequenceNumber"];
        var applied = Assert.Single(Endpoint.Kinesis.GetApplied("events"));
        Assert.Equal((number, "kö", (UInt128)77), (applied.SequenceNumber, applied.PartitionKey, applied.HashKey));
        Assert.Equal([1, 2, 3, 4], applied.Data);

        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(1_234));
        var iterator = await SendAsync(Endpoint, "GetShardIterator", writer =>
        {
            writer.WriteStartMap(null);
            writer.WriteTextString("StreamName");
            writer.WriteTextString("events");
            writer.WriteTextString("ShardId");
            writer.WriteTextString("shardId-000000000000");
            writer.WriteTextString("ShardIteratorType");
            writer.WriteTextString("AT_TIMESTAMP");
            writer.WriteTextString("Timestamp");
            writer.WriteTag((CborTag)1);
            writer.WriteInt64(applied.ArrivedAt.ToUnixTimeMilliseconds());
            writer.WriteEndMap();
        });
        var read = await SendAsync(Endpoint, "GetRecords", writer =>
        {
            writer.WriteStartMap(1);
            writer.WriteTextString("ShardIterator");
            writer.WriteTextString((string)iterator.Answer["ShardIterator"]);
            writer.WriteEndMap();
        });
        var record = (Dictionary<string, object>)((List<object>)read.Answer["Records"])[0];
        Assert.Equal([1, 2, 3, 4], (byte[])record["Data"]);
        Assert.Equal(((CborTag)1, applied.ArrivedAt.ToUnixTimeMilliseconds()), record["ApproximateArrivalTimestamp"]);
        Assert.Equal(0L, read.Answer["MillisBehindLatest"]);
    }

    /// <summary>A text is no blob in CBOR, base64 or not, and one that is no UTF-8 is no text.</summary>
    [Theory]
    [InlineData("Data", new byte[] { 0x64, (byte)'A', (byte)'Q', (byte)'I', (byte)'D' })]
    [InlineData("PartitionKey", new byte[] { 0x61, 0xFF })]
    public async Task PutRecord_InCborWithAnotherKindOfValue_IsASerializationError(string member, byte[] value)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var answer = await SendAsync(Endpoint, "PutRecord", writer =>
        {
            writer.WriteStartMap(3);
            writer.WriteTextString("StreamName");
            writer.WriteTextString("events");
            writer.WriteTextString("Data");
            if (member == "Data") writer.WriteEncodedValue(value);
            else writer.WriteByteString([1]);
            writer.WriteTextString("PartitionKey");
            if (member == "Data") writer.WriteTextString("k");
            else writer.WriteEncodedValue(value);
            writer.WriteEndMap();
        });
        Assert.EndsWith("#SerializationException", (string)answer.Answer["__type"], StringComparison.Ordinal);
        Assert.Empty(Endpoint.Kinesis.GetApplied("events"));
    }

    [Fact]
    public async Task Errors_InCbor_AreCborWithAType()
    {
        var answer = await SendAsync(Endpoint, "DescribeStream", writer =>
        {
            writer.WriteStartMap(1);
            writer.WriteTextString("StreamName");
            writer.WriteTextString("nobody");
            writer.WriteEndMap();
        });
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("ResourceNotFoundException", answer.Answer["__type"]);
    }

    private static async Task<(HttpStatusCode Status, Dictionary<string, object> Answer)> SendAsync(
        TestEndpoint endpoint, string operation, Action<CborWriter> write)
    {
        var writer = new CborWriter(CborConformanceMode.Lax);
        write(writer);
        using var message = TestEndpoint.Message(operation, writer.Encode(), "application/x-amz-cbor-1.1");
        using var response = await endpoint.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal("application/x-amz-cbor-1.1", response.Content.Headers.ContentType!.ToString());
        var reader = new CborReader(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken), CborConformanceMode.Lax);
        return (response.StatusCode, (Dictionary<string, object>)Read(reader));
    }

    private static object Read(CborReader reader)
    {
        switch (reader.PeekState())
        {
            case CborReaderState.StartMap:
                var map = new Dictionary<string, object>();
                reader.ReadStartMap();
                while (reader.PeekState() != CborReaderState.EndMap) map[reader.ReadTextString()] = Read(reader);
                reader.ReadEndMap();
                return map;
            case CborReaderState.StartArray:
                var list = new List<object>();
                reader.ReadStartArray();
                while (reader.PeekState() != CborReaderState.EndArray) list.Add(Read(reader));
                reader.ReadEndArray();
                return list;
            case CborReaderState.Tag: return (reader.ReadTag(), reader.ReadInt64());
            case CborReaderState.ByteString: return reader.ReadByteString();
            case CborReaderState.TextString: return reader.ReadTextString();
            case CborReaderState.Boolean: return reader.ReadBoolean();
            default: return reader.ReadInt64();
        }
    }

    private static void WriteBytes(CborWriter writer, byte[] bytes, bool indefinite)
    {
        if (indefinite) writer.WriteStartIndefiniteLengthByteString();
        foreach (var chunk in indefinite ? bytes.Chunk(3) : [bytes]) writer.WriteByteString(chunk);
        if (indefinite) writer.WriteEndIndefiniteLengthByteString();
    }

    private static void WriteText(CborWriter writer, string text, bool indefinite)
    {
        if (indefinite) writer.WriteStartIndefiniteLengthTextString();
        foreach (var chunk in indefinite ? text.Select(c => $"{c}") : [text]) writer.WriteTextString(chunk);
        if (indefinite) writer.WriteEndIndefiniteLengthTextString();
    }
}

using System.Formats.Cbor;
using System.Globalization;
using System.Net;
using System.Text;
using Orleans.Kpl.Kinesis.Tests.Serving;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Tests.Wire;

/// <summary>CBOR 1.1, as the SDK for Java speaks it.</summary>
/// <remarks>Tests <see cref="PutCbor"/> and <see cref="CborFrontWriter"/>.</remarks>
public sealed class CborFrontTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PutRecords_InCbor_IsAnsweredInCbor(bool isIndefinite)
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var cbor = new CborWriter(CborConformanceMode.Lax);
        cbor.WriteStartMap(isIndefinite ? null : 2);
        cbor.WriteTextString("Records");
        cbor.WriteStartArray(isIndefinite ? null : 3);
        for (var i = 0; i < 3; i++)
        {
            cbor.WriteStartMap(isIndefinite ? null : 2);
            cbor.WriteTextString("PartitionKey");
            cbor.WriteTextString($"key-{i}");
            cbor.WriteTextString("Data");
            cbor.WriteByteString([(byte)i, 0, 255]);
            cbor.WriteEndMap();
        }

        cbor.WriteEndArray();
        cbor.WriteTextString("StreamName");
        cbor.WriteTextString(KinesisFrontServer.Stream);
        cbor.WriteEndMap();

        var reply = await KinesisFrontServer.CallAsync(server.Client, "PutRecords", cbor.Encode(), KinesisFrontServer.CborType);

        Assert.Equal((HttpStatusCode.OK, KinesisFrontServer.CborType), (reply.Status, reply.Type));
        Assert.Equal(["key-0:0000FF", "key-1:0100FF", "key-2:0200FF"],
            server.Applied.Select(a => $"{a.PartitionKey}:{Convert.ToHexString(a.Data)}").Order());
        var read = new CborReader(reply.Bytes);
        read.ReadStartMap();
        Assert.Equal(("FailedRecordCount", 0), (read.ReadTextString(), read.ReadInt32()));
        Assert.Equal("Records", read.ReadTextString());
        read.ReadStartArray();
        read.ReadStartMap();
        Assert.Equal("SequenceNumber", read.ReadTextString());
        Assert.Contains(read.ReadTextString(), server.Applied.Select(a => a.SequenceNumber));
    }

    [Fact]
    public async Task DescribeStreamSummary_InCbor_HasItsInstantInMilliseconds()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var cbor = new CborWriter();
        cbor.WriteStartMap(1);
        cbor.WriteTextString("StreamName");
        cbor.WriteTextString(KinesisFrontServer.Stream);
        cbor.WriteEndMap();

        var reply = await KinesisFrontServer.CallAsync(server.Client, "DescribeStreamSummary", cbor.Encode(), KinesisFrontServer.CborType);

        var read = new CborReader(reply.Bytes);
        read.ReadStartMap();
        Assert.Equal("StreamDescriptionSummary", read.ReadTextString());
        read.ReadStartMap();
        while (read.ReadTextString() != "StreamCreationTimestamp")
            read.SkipValue();
        Assert.Equal(CborTag.UnixTimeSeconds, read.ReadTag());
        var age = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(read.ReadInt64());
        Assert.InRange(age, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task AnError_InCbor_IsCborToo()
    {
        await using var server = await KinesisFrontServer.StartAsync();

        var reply = await KinesisFrontServer.CallAsync(server.Client, "PutRecords", [0xBF, 0xFF], KinesisFrontServer.CborType);

        var read = new CborReader(reply.Bytes);
        read.ReadStartMap();
        Assert.Equal(("__type", "com.amazon.coral.validate#ValidationException"), (read.ReadTextString(), read.ReadTextString()));
    }

    /// <summary>It became U+FFFD, and so many keys one. In JSON it was refused.</summary>
    [Theory]
    [InlineData("62C328")]
    [InlineData("7F61C361A9FF")] // in pieces: the pair is whole
    [InlineData("7F61C36128FF")]
    public async Task AKeyThatIsNotUtf8_IsRefused(string key)
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var body = Convert.FromHexString(
            "A3" + Text("StreamName") + Text(KinesisFrontServer.Stream) + Text("Data") + "40" + Text("PartitionKey") + key);

        var reply = await KinesisFrontServer.CallAsync(server.Client, "PutRecord", body, KinesisFrontServer.CborType);

        var isRight = key.StartsWith("7F61C361A9", StringComparison.Ordinal);
        Assert.Equal(isRight ? HttpStatusCode.OK : HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(isRight ? ["é"] : [], server.Applied.Select(static a => a.PartitionKey));

        static string Text(string text) =>
            (0x60 + text.Length).ToString("X2", CultureInfo.InvariantCulture) + Convert.ToHexString(Encoding.ASCII.GetBytes(text));
    }
}

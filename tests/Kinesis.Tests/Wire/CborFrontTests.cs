using System.Globalization;
using System.Net;
using System.Text;
using Orleans.Kpl.Kinesis.Tests.Serving;
using Orleans.Kpl.Kinesis.Wire;
using Orleans.Kpl.LocalKinesis.Tests.Wire;

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
        const string Records = """
            {"Records":[{"PartitionKey":"key-0","Data":"AAD/"},{"PartitionKey":"key-1","Data":"AQD/"},{"PartitionKey":"key-2","Data":"AgD/"}],"StreamName":"events"}
            """;

        var reply = await CallAsync(server, "PutRecords", CborJson.Write(Records, isIndefinite));

        Assert.Equal((HttpStatusCode.OK, KinesisFrontServer.CborType), (reply.Status, reply.Type));
        Assert.Equal(["key-0:0000FF", "key-1:0100FF", "key-2:0200FF"],
            server.Applied.Select(a => $"{a.PartitionKey}:{Convert.ToHexString(a.Data)}").Order());
        var answer = CborJson.Read(reply.Bytes);
        Assert.Equal(0L, (long)answer["FailedRecordCount"]!);
        Assert.Equal(
            server.Applied.Select(static a => (a.PartitionKey, a.SequenceNumber)).Order(),
            answer["Records"]!.AsArray().Select(static (r, i) => ($"key-{i}", (string)r!["SequenceNumber"]!)));
    }

    [Fact]
    public async Task DescribeStreamSummary_InCbor_HasItsInstantInMilliseconds()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var reply = await CallAsync(server, "DescribeStreamSummary", CborJson.Write("""{"StreamName":"events"}"""));

        var created = (long)CborJson.Read(reply.Bytes)["StreamDescriptionSummary"]!["StreamCreationTimestamp"]!;
        Assert.InRange(DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(created), TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task AnError_InCbor_IsCborToo()
    {
        await using var server = await KinesisFrontServer.StartAsync();

        var reply = await CallAsync(server, "PutRecords", [0xBF, 0xFF]);

        Assert.Equal("com.amazon.coral.validate#ValidationException", (string?)CborJson.Read(reply.Bytes)["__type"]);
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

        var reply = await CallAsync(server, "PutRecord", body);

        var isRight = key.StartsWith("7F61C361A9", StringComparison.Ordinal);
        Assert.Equal(isRight ? HttpStatusCode.OK : HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(isRight ? ["é"] : [], server.Applied.Select(static a => a.PartitionKey));

        static string Text(string text) =>
            (0x60 + text.Length).ToString("X2", CultureInfo.InvariantCulture) + Convert.ToHexString(Encoding.ASCII.GetBytes(text));
    }

    private static Task<FrontReply> CallAsync(KinesisFrontServer server, string operation, byte[] body) =>
        KinesisFrontServer.CallAsync(server.Client, operation, body, KinesisFrontServer.CborType);
}

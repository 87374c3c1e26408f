using System.Formats.Cbor;
using System.Net;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.LocalKinesis.Tests.Wire;

public class CborDialectTests : EndpointTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PutAndGetRecords_InCbor_RoundTripWithMillisecondTimestamps(bool isIndefinite)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var put = await SendAsync(
            "PutRecords",
            """{"Extra":[null],"Records":[{"Data":"AQIDBA==","PartitionKey":"kö","ExplicitHashKey":"77"}],"StreamName":"events"}""", isIndefinite);
        Assert.Equal(HttpStatusCode.OK, put.Status);
        var applied = Assert.Single(Endpoint.Kinesis.GetApplied("events"));
        Assert.Equal(
            ((string?)put.Answer["Records"]![0]!["SequenceNumber"], "kö", (UInt128)77), (applied.SequenceNumber, applied.PartitionKey, applied.HashKey));
        Assert.Equal([1, 2, 3, 4], applied.Data);

        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(1_234));
        var arrived = applied.ArrivedAt.ToUnixTimeMilliseconds();
        var place = $$"""{"StreamName":"events","ShardId":"shardId-000000000000","ShardIteratorType":"AT_TIMESTAMP","Timestamp":{{arrived / 1_000.0:R}}}""";
        var iterator = await SendAsync("GetShardIterator", place, isIndefinite);
        var read = await SendAsync("GetRecords", $$"""{"ShardIterator":"{{iterator.Answer["ShardIterator"]}}"}""", isIndefinite);
        var record = read.Answer["Records"]![0]!;
        Assert.Equal(("AQIDBA==", arrived), ((string?)record["Data"], (long)record["ApproximateArrivalTimestamp"]!));
        Assert.Equal(0, (long)read.Answer["MillisBehindLatest"]!);
    }

    /// <summary>A text is no blob in CBOR, base64 or not, and one that is no UTF-8 is no text.</summary>
    [Theory]
    [InlineData(new byte[] { 0x64, (byte)'A', (byte)'Q', (byte)'I', (byte)'D' }, new byte[] { 0x61, (byte)'k' })]
    [InlineData(new byte[] { 0x41, 1 }, new byte[] { 0x61, 0xFF })]
    public async Task PutRecord_InCborWithAnotherKindOfValue_IsASerializationError(byte[] data, byte[] key)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var writer = new CborWriter(CborConformanceMode.Lax);
        writer.WriteStartMap(3);
        writer.WriteTextString("StreamName");
        writer.WriteTextString("events");
        writer.WriteTextString("Data");
        writer.WriteEncodedValue(data);
        writer.WriteTextString("PartitionKey");
        writer.WriteEncodedValue(key);
        writer.WriteEndMap();
        var (_, answer) = await SendAsync("PutRecord", writer.Encode());
        Assert.EndsWith("#SerializationException", (string?)answer["__type"], StringComparison.Ordinal);
        Assert.Empty(Endpoint.Kinesis.GetApplied("events"));
    }

    [Fact]
    public async Task Errors_InCbor_AreCborWithAType()
    {
        var (status, answer) = await SendAsync("DescribeStream", """{"StreamName":"nobody"}""", isIndefinite: false);
        Assert.Equal((HttpStatusCode.BadRequest, "ResourceNotFoundException"), (status, (string?)answer["__type"]));
    }

    private Task<(HttpStatusCode Status, JsonNode Answer)> SendAsync(string operation, string json, bool isIndefinite) =>
        SendAsync(operation, CborJson.Write(json, isIndefinite));

    private async Task<(HttpStatusCode Status, JsonNode Answer)> SendAsync(string operation, byte[] body)
    {
        using var message = TestEndpoint.Message(operation, body, "application/x-amz-cbor-1.1");
        using var response = await Endpoint.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal("application/x-amz-cbor-1.1", response.Content.Headers.ContentType!.ToString());
        return (response.StatusCode, CborJson.Read(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
    }
}

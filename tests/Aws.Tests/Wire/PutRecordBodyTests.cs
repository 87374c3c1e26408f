using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Wire;

public sealed class PutRecordBodyTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:123456789012:stream/events";

    [Theory]
    [InlineData(null, "")]
    [InlineData("4951", "\"SequenceNumberForOrdering\":\"4951\",")]
    public async Task WriteTo_WhenGivenARecord_WritesTheGoldenBody(string? sequenceNumber, string ordering)
    {
        var route = new StreamRoute(Arn, StreamArn.TryParse(Arn));
        using var body = new PutRecordBody(Gateways.Entry([1, 2, 3, 4], "a\"b", 7), sequenceNumber, route, WireFormat.Json);

        using var stream = new MemoryStream();
        await body.WriteToAsync(stream, CancellationToken.None);

        var expected = $$"""{"Data":"AQIDBA==","PartitionKey":"a\"b","ExplicitHashKey":"7",{{ordering}}"""
            + "\"StreamARN\":\"arn:aws:kinesis:us-east-1:123456789012:stream/events\"}";
        Assert.Equal(expected, Encoding.UTF8.GetString(stream.ToArray()));
        Assert.Equal(expected.Length, body.Length);
        Assert.Equal(SHA256.HashData(stream.ToArray()), body.Hash.ToArray());
    }
}

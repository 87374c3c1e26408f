using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.LocalKinesis.Tests.Signing;

public class SignatureCheckTests
{
    private static readonly byte[] Body = "{}"u8.ToArray();

    [Fact]
    public async Task Requests_WhenSignedRight_AreAnswered()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.CheckSignatures = new("KEY", "SECRET"));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(endpoint, "KEY", "SECRET")).Status);
    }

    [Theory]
    [InlineData("KEY", "WRONG", "us-east-1", 0, "InvalidSignatureException")]
    [InlineData("OTHER", "SECRET", "us-east-1", 0, "UnrecognizedClientException")]
    [InlineData("KEY", "SECRET", "eu-west-1", 0, "InvalidSignatureException")]
    [InlineData("KEY", "SECRET", "us-east-1", -301, "InvalidSignatureException")]
    [InlineData("KEY", "SECRET", "us-east-1", 301, "InvalidSignatureException")]
    [InlineData(null, "SECRET", "us-east-1", 0, "MissingAuthenticationTokenException")]
    public async Task Requests_WhenSignedWrong_AreRefusedByReason(string? key, string secret, string region, int skewSeconds, string type)
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.CheckSignatures = new("KEY", "SECRET"));
        var (status, answer) = await SendAsync(endpoint, key, secret, region, TimeSpan.FromSeconds(skewSeconds));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.EndsWith($"#{type}", (string)answer["__type"]!, StringComparison.Ordinal);
        if (skewSeconds != 0) Assert.StartsWith(skewSeconds < 0 ? "Signature expired" : "Signature not yet current", (string)answer["message"]!,
            StringComparison.Ordinal);
    }

    [Fact]
    public void CanonicalRequest_OfAwssPublishedExample_HashesToItsPublishedValue()
    {
        // AWS General Reference, "Create a canonical request": GET of IAM ListUsers.
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Headers.ContentType = "application/x-www-form-urlencoded; charset=utf-8";
        context.Request.Headers.Host = "iam.amazonaws.com";
        context.Request.Headers["X-Amz-Date"] = "20150830T123600Z";
        var canonical = LocalKinesis.Front.CanonicalRequest.Of(context.Request, "/?Version=2010-05-08&Action=ListUsers",
            ["content-type", "host", "x-amz-date"], Convert.ToHexStringLower(SHA256.HashData([])));
        Assert.Equal("f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))));
    }

    [Fact]
    public void CanonicalRequest_WhenTheAuthorityIsSigned_TakesTheHost()
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.Headers.Host = "localhost:4567";
        Assert.Contains("\n:authority:localhost:4567\n",
            LocalKinesis.Front.CanonicalRequest.Of(context.Request, "/", [":authority"], ""), StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> SendAsync(
        TestEndpoint endpoint, string? key, string secret, string region = "us-east-1", TimeSpan skew = default)
    {
        using var message = TestEndpoint.Message("ListStreams", Body);
        var now = endpoint.Clock.GetUtcNow() + skew;
        if (key is not null) Sign(message, endpoint.Server.Url.Authority, key, secret, region, now);
        using var response = await endpoint.Http.SendAsync(message, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }

    private static void Sign(HttpRequestMessage message, string host, string key, string secret, string region, DateTimeOffset now)
    {
        var date = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{date[..8]}/{region}/kinesis/aws4_request";
        var canonical = $"POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:{host}\nx-amz-date:{date}\nx-amz-target:Kinesis_20131202.ListStreams\n\n" +
            $"content-type;host;x-amz-date;x-amz-target\n{Hex(SHA256.HashData(Body))}";
        var toSign = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var derived = scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4" + secret), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        message.Headers.Add("X-Amz-Date", date);
        message.Headers.TryAddWithoutValidation("Authorization",
            $"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders=content-type;host;x-amz-date;x-amz-target, " +
            $"Signature={Hex(HMACSHA256.HashData(derived, Encoding.UTF8.GetBytes(toSign)))}");
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}

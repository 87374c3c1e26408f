using System.Net;
using System.Security.Cryptography;
using Orleans.Kpl.Kinesis.Signing;
using Orleans.Kpl.Kinesis.Tests.Serving;

namespace Orleans.Kpl.Kinesis.Tests.Signing;

/// <summary>Who may put, by signature: each way to be wrong has AWS's own name, and nothing is taken.</summary>
/// <remarks>Tests <see cref="SignatureVerifier"/>, <see cref="SignatureClaim"/> and <see cref="SignedText"/>.</remarks>
public sealed class SignatureVerifierTests
{
    private static readonly Dictionary<string, (string Error, Action<SignedRequest> Do)> Defects = new()
    {
        ["no signature"] = ("MissingAuthenticationTokenException", r => r.Change = static _ => ""),
        ["wrong secret"] = ("InvalidSignatureException", r => r.Secret = "another"),
        ["unknown key"] = ("UnrecognizedClientException", r => r.AccessKeyId = "KPLNOBODY"),
        ["unknown key, wrong secret"] = ("UnrecognizedClientException", r => (r.AccessKeyId, r.Secret) = ("KPLNOBODY", "another")),
        ["key without its token"] = ("UnrecognizedClientException", r => r.AccessKeyId = FakeAccessKeys.WithToken),
        ["another token"] = ("UnrecognizedClientException", r => (r.AccessKeyId, r.Token) = (FakeAccessKeys.WithToken, "x")),
        ["expired key"] = ("ExpiredTokenException", r => r.AccessKeyId = FakeAccessKeys.Old),
        ["six minutes early"] = ("InvalidSignatureException", r => r.Skew = TimeSpan.FromMinutes(6)),
        ["six minutes late"] = ("InvalidSignatureException", r => r.Skew = TimeSpan.FromMinutes(-6)),
        ["another body"] = ("InvalidSignatureException", r => r.SentBody = """{"StreamName":"events","PartitionKey":"q","Data":"aGk="}"""u8.ToArray()),
        ["another host"] = ("InvalidSignatureException", r => r.Host = "kinesis.us-east-1.amazonaws.com"),
        ["another service"] = ("InvalidSignatureException", r => r.Service = "dynamodb"),
        ["region not allowed"] = ("InvalidSignatureException", r => r.Region = "eu-west-3"),
        ["unsigned payload"] = ("InvalidSignatureException", r => r.Signed["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"),
        ["streaming payload"] = ("InvalidSignatureException", r => r.Signed["x-amz-content-sha256"] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ["unsigned header of AWS"] = ("InvalidSignatureException", r => r.Added.Add(("x-amz-security-token", "x"))),
        ["changed header"] = ("IncompleteSignatureException", r => r.Added.Add(("x-amz-date", "20260101T000000Z"))),
        ["host not signed"] = ("InvalidSignatureException", r => r.Change = static a => a.Replace("content-type;host;", "content-type;", StringComparison.Ordinal)),
        ["target not signed"] = ("InvalidSignatureException", r => r.Change = static a => a.Replace(";x-amz-target", "", StringComparison.Ordinal)),
        ["SigV4A"] = ("IncompleteSignatureException", r => r.Change = static a => a.Replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", StringComparison.Ordinal)),
        ["Basic"] = ("IncompleteSignatureException", r => r.Change = static _ => "Basic dXNlcjpwYXNz"),
        ["no Signature"] = ("IncompleteSignatureException", r => r.Change = static a => a[..a.IndexOf(", Signature", StringComparison.Ordinal)]),
        ["short Signature"] = ("IncompleteSignatureException", r => r.Change = static a => a[..^1]),
        ["no digits"] = ("IncompleteSignatureException", r => r.Change = static a => a[..^1] + "g"),
        ["one bit"] = ("InvalidSignatureException", r => r.Change = static a => a[..^1] + (a[^1] == '0' ? '1' : '0')),
        ["scope of another day"] = ("InvalidSignatureException", r => r.Change = static a => Replaced(a, DateTime.UtcNow, "20010101")),
        ["scope too short"] = ("IncompleteSignatureException", r => r.Change = static a => a.Replace("/kinesis/aws4_request", "/aws4_request", StringComparison.Ordinal)),
        ["header twice"] = ("IncompleteSignatureException", r => r.Change = static a => a.Replace("content-type;host;", "content-type;host;host;", StringComparison.Ordinal)),
    };

    public static TheoryData<string> Names => [.. Defects.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ASignatureThatIsWrong_IsRefusedByItsName_AndNothingIsTaken(string defect)
    {
        await using var server = await KinesisFrontServer.StartAsync(front: f => f.SignedRegions = ["us-east-1", "eu-central-1"], keys: new FakeAccessKeys());
        var request = new SignedRequest();
        Defects[defect].Do(request);

        var reply = await request.SendAsync(server);

        Assert.Equal((HttpStatusCode.BadRequest, Defects[defect].Error), (reply.Status, reply.Error));
        Assert.DoesNotContain(FakeAccessKeys.Secret, reply.Text, StringComparison.Ordinal);
        Assert.Empty(server.Applied);
    }

    [Fact]
    public async Task ARightSignature_IsTaken()
    {
        await using var server = await KinesisFrontServer.StartAsync(front: f => f.SignedHosts = ["kinesis.example.org:8443"], keys: new FakeAccessKeys());
        SignedRequest[] requests =
        [
            new(), new() { Skew = TimeSpan.FromMinutes(4.5) }, new() { Skew = TimeSpan.FromMinutes(-4.5) }, new() { Region = "eu-west-3" },
            new() { AccessKeyId = FakeAccessKeys.WithToken, Token = FakeAccessKeys.Token }, new() { Host = "kinesis.example.org:8443" },
            new() { Body = """{"StreamName":"events","PartitionKey":"größer","Data":""}"""u8.ToArray() },
            new() { Signed = { ["x-amz-content-sha256"] = Convert.ToHexString(SHA256.HashData(new SignedRequest().Body)) } },
        ];

        foreach (var request in requests)
            Assert.Equal((HttpStatusCode.OK, ""), ((await request.SendAsync(server)) is var reply ? reply.Status : default, reply.Status == HttpStatusCode.OK ? "" : reply.Text));
        Assert.Equal(requests.Length, server.Applied.Count);
    }

    [Fact]
    public async Task ASignatureInTheQuery_IsRefused()
    {
        await using var server = await KinesisFrontServer.StartAsync(keys: new FakeAccessKeys());
        using var request = KinesisFrontServer.Request("PutRecord", new SignedRequest().Body, KinesisFrontServer.JsonType);
        request.RequestUri = new Uri("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00", UriKind.Relative);

        Assert.Equal("IncompleteSignatureException", (await KinesisFrontServer.SendAsync(server.Client, request)).Error);
    }

    [Fact]
    public async Task WithoutIdentities_EverybodyIsTaken_SignedByWhomeverOrNot()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        foreach (var defect in (string[])["no signature", "wrong secret", "unknown key", "six minutes late", "another host"])
        {
            var request = new SignedRequest();
            Defects[defect].Do(request);
            Assert.Equal((defect, HttpStatusCode.OK), (defect, (await request.SendAsync(server)).Status));
        }
    }

    [Fact]
    public async Task ACompressedBody_IsRefused()
    {
        await using var server = await KinesisFrontServer.StartAsync();

        var reply = await server.CallAsync("PutRecord", "x", ("Content-Encoding", "gzip"));

        Assert.Equal((HttpStatusCode.BadRequest, "SerializationException"), (reply.Status, reply.Error));
    }

    private static string Replaced(string authorization, DateTime day, string by) =>
        authorization.Replace($"/{day:yyyyMMdd}/", $"/{by}/", StringComparison.Ordinal);
}

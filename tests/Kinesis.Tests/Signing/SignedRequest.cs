using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Kinesis.Tests.Serving;

namespace Orleans.Kpl.Kinesis.Tests.Signing;

/// <summary>A PutRecord signed by the product's own signer, which other signers judge, and what a test does to it.</summary>
internal sealed class SignedRequest
{
    public string AccessKeyId { get; set; } = FakeAccessKeys.Known;

    public string Secret { get; set; } = FakeAccessKeys.Secret;

    public string? Token { get; set; }

    public string Region { get; set; } = "us-east-1";

    public string Service { get; set; } = "kinesis";

    public TimeSpan Skew { get; set; }

    /// <summary>The host that is signed; null for the one that the request goes to.</summary>
    public string? Host { get; set; }

    public byte[] Body { get; set; } = """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}"""u8.ToArray();

    /// <summary>Further headers that are signed.</summary>
    public Dictionary<string, string> Signed { get; } = [];

    /// <summary>Headers that are added after signing.</summary>
    public List<(string Name, string Value)> Added { get; } = [];

    /// <summary>Changes the Authorization header.</summary>
    public Func<string, string> Change { get; set; } = static a => a;

    /// <summary>Replaces the body after signing; null leaves it.</summary>
    public byte[]? SentBody { get; set; }

    public async Task<FrontReply> SendAsync(KinesisFrontServer server)
    {
        var time = DateTimeOffset.UtcNow + Skew;
        var target = "Kinesis_20131202.PutRecord";
        var headers = new SortedDictionary<string, string>(Signed, StringComparer.Ordinal)
        {
            ["content-type"] = KinesisFrontServer.JsonType,
            ["host"] = Host ?? server.Client.BaseAddress!.Authority,
            ["x-amz-date"] = RequestSigner.FormatTime(time),
            ["x-amz-target"] = target,
        };
        if (Token is not null)
            headers["x-amz-security-token"] = Token;
        var toSign = new RequestToSign
        {
            Method = "POST", CanonicalPath = "/", CanonicalQuery = "", BodyHash = SHA256.HashData(Body),
            Headers = headers.Select(h => new SignedHeader(h.Key, h.Value)).ToArray(),
        };
        var authorization = Change(new RequestSigner(Region, Service).Sign(toSign, new SigningCredentials(AccessKeyId, Secret, null), time));
        using var request = KinesisFrontServer.Request("PutRecord", SentBody ?? Body, KinesisFrontServer.JsonType);
        foreach (var (name, value) in headers.Where(h => h.Key is not ("content-type" or "host" or "x-amz-target")).Select(h => (h.Key, h.Value)).Concat(Added))
            request.Headers.TryAddWithoutValidation(name, value);
        if (authorization.Length > 0)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await KinesisFrontServer.SendAsync(server.Client, request);
    }
}

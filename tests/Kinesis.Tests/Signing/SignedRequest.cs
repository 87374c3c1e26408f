using System.Security.Cryptography;
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

    public string Operation { get; set; } = "PutRecord";

    public byte[] Body { get; set; } = """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}"""u8.ToArray();

    /// <summary>Further headers that are signed.</summary>
    public Dictionary<string, string> Signed { get; } = [];

    /// <summary>Headers that are added after signing.</summary>
    public List<(string Name, string Value)> Added { get; } = [];

    /// <summary>Changes the Authorization header.</summary>
    public Func<string, string> Change { get; set; } = static a => a;

    /// <summary>Replaces the body after signing; null leaves it.</summary>
    public byte[]? SentBody { get; set; }

    /// <summary>Returns the head of the request in HTTP/1.1, for a socket.</summary>
    public string Head(KinesisFrontServer server)
    {
        var (headers, authorization) = Sign(server.Client.BaseAddress!);
        headers["content-length"] = Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers["authorization"] = authorization;
        return $"POST / HTTP/1.1\r\n{string.Concat(headers.Select(static h => $"{h.Key}: {h.Value}\r\n"))}\r\n";
    }

    /// <summary>Sends the head over a socket, and the body, or so many bytes of it.</summary>
    public async Task SendAsync(System.Net.Sockets.Socket socket, KinesisFrontServer server, int? bytes = null)
    {
        await socket.SendAsync(Head(server));
        await socket.SendAsync(Body.AsMemory(0, bytes ?? Body.Length));
    }

    public Task<FrontReply> SendAsync(KinesisFrontServer server, HttpClient? client = null) => SendAsync(client ?? server.Client, server.Client.BaseAddress);

    /// <param name="signed">The address that is signed; null for the client's own.</param>
    public async Task<FrontReply> SendAsync(HttpClient client, Uri? signed = null)
    {
        var (headers, authorization) = Sign(signed ?? client.BaseAddress!);
        using var request = KinesisFrontServer.Request(Operation, SentBody ?? Body, KinesisFrontServer.JsonType);
        foreach (var (name, value) in headers.Where(h => h.Key is not ("content-type" or "host" or "x-amz-target")).Select(h => (h.Key, h.Value)).Concat(Added))
            request.Headers.TryAddWithoutValidation(name, value);
        if (authorization.Length > 0)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await KinesisFrontServer.SendAsync(client, request);
    }

    private (SortedDictionary<string, string> Headers, string Authorization) Sign(Uri address)
    {
        var time = DateTimeOffset.UtcNow + Skew;
        var headers = new SortedDictionary<string, string>(Signed, StringComparer.Ordinal)
        {
            ["content-type"] = KinesisFrontServer.JsonType,
            ["host"] = Host ?? address.Authority,
            ["x-amz-date"] = RequestSigner.FormatTime(time),
            ["x-amz-target"] = "Kinesis_20131202." + Operation,
        };
        if (Token is not null)
            headers["x-amz-security-token"] = Token;
        var toSign = new RequestToSign
        {
            Method = "POST", CanonicalPath = "/", CanonicalQuery = "", BodyHash = SHA256.HashData(Body),
            Headers = headers.Select(h => new SignedHeader(h.Key, h.Value)).ToArray(),
        };
        return (headers, Change(new RequestSigner(Region, Service).Sign(toSign, new SigningCredentials(AccessKeyId, Secret, null), time)));
    }
}

using System.Net;
using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Kinesis.Tests.Signing;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>What an access key of an identity may do through the front.</summary>
public sealed class FrontRightsTests : IDisposable
{
    private const string Other = "KPLOTHER";
    private const string Banned = "KPLBANNED";

    private readonly IdentityFolder _folder = new();

    [Theory]
    [InlineData(FakeAccessKeys.Known, "events", null)]
    [InlineData(Other, "events", "AccessDeniedException")]
    [InlineData(Other, "nothing", "AccessDeniedException")] // it is not told that there is none
    [InlineData(Banned, "events", "AccessDeniedException")]
    public async Task PutRecord_NeedsTheRightToPutIntoThatStream(string key, string stream, string? error)
    {
        await using var server = await StartAsync();
        var body = Encoding.UTF8.GetBytes($$"""{"StreamName":"{{stream}}","PartitionKey":"k","Data":"aGk="}""");

        var reply = await new SignedRequest { AccessKeyId = key, Body = body }.SendAsync(server);

        Assert.Equal(error is null ? 200 : 400, (int)reply.Status);
        if (error is not null)
            Assert.Equal(error, reply.Error);
        Assert.Equal(error is null ? 1 : 0, server.Applied.Count);
    }

    /// <summary>Streams of two accounts may have one name: a request that has both is for the one of its ARN.</summary>
    [Fact]
    public async Task PutRecord_IntoAStreamOfAnotherAccount_IsNotPutIntoTheOneOfItsName()
    {
        await using var server = await StartAsync();
        const string body = """{"StreamName":"events","StreamARN":"arn:aws:kinesis:us-east-1:999999999999:stream/events","PartitionKey":"k","Data":"aGk="}""";

        var reply = await new SignedRequest { Body = Encoding.UTF8.GetBytes(body) }.SendAsync(server);

        Assert.Equal("AccessDeniedException", reply.Error);
        Assert.Empty(server.Applied);
    }

    [Fact]
    public async Task PutRecord_OfAClientWithACertificate_NeedsNoSignature_AndOneThatItHasCountsAlone()
    {
        using var root = new TestAuthority();
        using var clients = new TestAuthority("Clients");
        var mine = IdentityFolder.Identity("mine", ApiKeyText.Create(), "produce:events");
        mine["certificates"] = new JsonArray(new JsonObject { ["san"] = "spiffe://example.org/mine" });
        _folder.Write(mine, Signer("signer", FakeAccessKeys.Known, "other*")).Write("tls.pem", root.Issue("127.0.0.1")).Write("roots.pem", clients.Pem);
        await using var tls = TlsStore.Open(
            new TlsFiles { Section = "Kpl:Http", CertificateFile = _folder.PathOf("tls.pem"), ClientCaCertFile = _folder.PathOf("roots.pem") },
            TimeProvider.System, new TlsLog(NullLogger<TlsLog>.Instance));
        await using var server = await KinesisFrontServer.StartAsync(identities: _folder.File, tls: tls);

        using var certified = Client(server, clients.Issue("spiffe://example.org/mine"));
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(certified)).Status);
        Assert.Equal("AccessDeniedException", (await PutAsync(certified, "other")).Error);
        using var unknown = Client(server, clients.Issue("spiffe://example.org/other"));
        Assert.Equal("MissingAuthenticationTokenException", (await PutAsync(unknown)).Error);

        // On the very connection that has the rights: who signs wrongly, or as somebody else, does not borrow them.
        Assert.Equal("UnrecognizedClientException", (await new SignedRequest { AccessKeyId = "NOBODY" }.SendAsync(server, certified)).Error);
        Assert.Equal("InvalidSignatureException", (await new SignedRequest { Secret = "another" }.SendAsync(server, certified)).Error);
        Assert.Equal("AccessDeniedException", (await new SignedRequest().SendAsync(server, certified)).Error);
        Assert.Single(server.Applied);
    }

    /// <summary>A key that was revoked was told as a signature of another algorithm, or as none.</summary>
    [Theory, InlineData("Authorization", "Bearer kpl_abc_def"), InlineData("X-Api-Key", "kpl_abc_def")]
    public async Task PutRecord_WithAnApiKeyThatNobodyHas_IsOfAnUnknownClient(string header, string value)
    {
        await using var server = await StartAsync();

        var reply = await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}""", (header, value));

        Assert.Equal("UnrecognizedClientException", reply.Error);
    }

    /// <summary>It was told that its signature is incomplete, and gave up.</summary>
    [Fact]
    public async Task PutRecord_WithATokenWhoseIssuersKeysWereNeverRead_Is503()
    {
        var file = IdentityFolder.WithIssuer(Signer("mine", FakeAccessKeys.Known, "events")).ToJsonString();
        _folder.Write(file.Replace("\"jwks_file\":\"jwks.json\"", "\"jwks_url\":\"https://127.0.0.1:1/keys\"", StringComparison.Ordinal));
        await using var server = await KinesisFrontServer.StartAsync(identities: _folder.File);
        var token = new TestIssuer().Issue(DateTimeOffset.UtcNow);

        var reply = await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}""", ("Authorization", $"Bearer {token}"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "ServiceUnavailableException"), (reply.Status, reply.Error));
    }

    public void Dispose() => _folder.Dispose();

    private static HttpClient Client(KinesisFrontServer server, string pem) => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = 1,
        SslOptions = new SslClientAuthenticationOptions
        {
            LocalCertificateSelectionCallback = (_, _, _, _, _) => TestAuthority.Load(pem),
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null,
        },
    }) { BaseAddress = server.Client.BaseAddress };

    private static Task<FrontReply> PutAsync(HttpClient client, string stream = "events") => KinesisFrontServer.CallAsync(
        client, "PutRecord", Encoding.UTF8.GetBytes($$"""{"StreamName":"{{stream}}","PartitionKey":"k","Data":"aGk="}"""), KinesisFrontServer.JsonType);

    private Task<KinesisFrontServer> StartAsync()
    {
        var former = Signer("former", Banned, "*");
        former["banned"] = true;
        _folder.Write(Signer("mine", FakeAccessKeys.Known, "events"), Signer("theirs", Other, "other*"), former);
        return KinesisFrontServer.StartAsync(identities: _folder.File);
    }

    private JsonObject Signer(string id, string key, string streams) => _folder.Signer(id, key, FakeAccessKeys.Secret, "produce:" + streams);
}

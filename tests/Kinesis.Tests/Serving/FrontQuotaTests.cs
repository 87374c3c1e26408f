using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Kinesis.Tests.Signing;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <remarks>Tests <see cref="Kinesis.Serving.EarlyCharge"/>: what an identity's puts take of its quotas, and when.</remarks>
public sealed class FrontQuotaTests : IDisposable
{
    private static readonly byte[] Large = Encoding.ASCII.GetBytes(
        $$"""{"StreamName":"events","PartitionKey":"k","Data":"{{Convert.ToBase64String(new byte[1_500])}}"}""");

    private readonly string _key = ApiKeyText.Create();

    private readonly IdentityFolder _folder = new();

    /// <summary>It was charged only when the body was there: any number of bodies could be on their way.</summary>
    [Fact]
    public async Task Body_ThatIsOnItsWay_OverAConnectionThatHasSigned_HoldsTheQuota()
    {
        await using var server = await StartAsync(("body_bytes_in_flight", 3_000));
        using var slow = await PlainSocket.ConnectAsync(server.Address);
        await PutAsync(slow, server);

        await slow.SendAsync(new SignedRequest { Body = Large }.Head(server));
        await Waiting.UntilAsync(() => server.UsageOf("mine").BodyBytesInFlight == Large.Length);
        var refused = await new SignedRequest { Body = Large }.SendAsync(server);
        Assert.Equal((400, "ProvisionedThroughputExceededException"), ((int)refused.Status, refused.Error));

        await slow.SendAsync(Large);
        Assert.StartsWith("HTTP/1.1 200", await slow.AnswerAsync(), StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.UsageOf("mine").BodyBytesInFlight == 0);
        Assert.Equal((2, 1), (server.UsageOf("mine").Requests, server.UsageOf("mine").Refused));
    }

    /// <summary>Who only names a key must not use up the quota of its owner.</summary>
    [Fact]
    public async Task Body_ThatIsOnItsWay_OverAConnectionThatHasProvedNothing_ChargesNobody()
    {
        await using var server = await StartAsync(("body_bytes_in_flight", 3_000));
        using var stranger = await PlainSocket.ConnectAsync(server.Address);
        await new SignedRequest { Secret = "made-up", Body = Large }.SendAsync(stranger, server, 1_000);
        await Waiting.UntilAsync(() => server.Gate.InFlight == 1 && server.Bodies.Bytes > 0);
        Assert.Equal(default, server.UsageOf("mine"));
        Assert.Equal(200, (int)(await new SignedRequest { Body = Large }.SendAsync(server)).Status);

        await stranger.SendAsync(Large.AsMemory(1_000));
        Assert.Contains("InvalidSignatureException", await stranger.AnswerAsync(), StringComparison.Ordinal);
        // It has still proved nothing.
        await new SignedRequest { Secret = "made-up", Body = Large }.SendAsync(stranger, server, 1_000);
        await Waiting.UntilAsync(() => server.Gate.InFlight == 1 && server.Bodies.Bytes > 0);
        Assert.Equal((1, 0L), (server.UsageOf("mine").Requests, server.UsageOf("mine").BodyBytesInFlight));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(700)]
    public async Task HangUp_WhileTheBodyComes_GivesBackWhatItTook(int sent)
    {
        await using var server = await StartAsync(("bytes_per_second", 1_000));
        using var gone = await PlainSocket.ConnectAsync(server.Address);
        await PutAsync(gone, server);
        await new SignedRequest { Body = Large }.SendAsync(gone, server, sent);
        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 1);
        gone.Reset();

        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 0);
        var usage = server.UsageOf("mine");
        Assert.Equal((1, 1, 0), (usage.Requests, usage.Records, usage.Refused));
        Assert.InRange(usage.Bytes, 1, 100);
        Assert.Equal(200, (int)(await new SignedRequest { Body = Large }.SendAsync(server)).Status);
    }

    /// <summary>There a client that gives up ends its request and not the connection, which was taken for a body with broken framing, and charged.</summary>
    [Fact]
    public async Task HangUp_OverHttp2_WhileTheBodyComes_GivesBackWhatItTook()
    {
        await using var server = await StartAsync(("bytes_per_second", 1_000));
        using var request = KinesisFrontServer.Request("PutRecord", [], KinesisFrontServer.JsonType);
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        request.Headers.ExpectContinue = true; // has the client send the head at once
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _key);
        request.Content = new StreamContent(new Pipe().Reader.AsStream())
        {
            Headers = { ContentLength = Large.Length, ContentType = new(KinesisFrontServer.JsonType) },
        };
        using var gone = new CancellationTokenSource();
        var put = server.Client.SendAsync(request, gone.Token);
        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 0);
        Assert.Equal(default, server.UsageOf("mine"));
    }

    /// <summary>Who has signed on its connection is not refused because of bodies that may prove nothing.</summary>
    [Fact]
    public async Task Bodies_OfConnectionsThatHaveProvedNothing_LeaveHalfOfTheMemoryToOthers()
    {
        await using var server = await StartAsync(("requests_in_flight", 100), static o => o.MaxBodyMemory = 1 << 20);
        using var known = await PlainSocket.ConnectAsync(server.Address);
        await PutAsync(known, server);
        using var stranger = await PlainSocket.ConnectAsync(server.Address);
        var (long1, long2) = (BodyOf(225_000), BodyOf(150_000));
        await new SignedRequest { Secret = "made-up", Body = long1 }.SendAsync(stranger, server, long1.Length - 1);
        await Waiting.UntilAsync(() => server.Bodies.Bytes == 1 << 19);

        using var other = await PlainSocket.ConnectAsync(server.Address);
        await new SignedRequest { Body = Large }.SendAsync(other, server);
        Assert.Contains("ProvisionedThroughputExceededException", await other.AnswerAsync(), StringComparison.Ordinal);
        await new SignedRequest { Body = long2 }.SendAsync(known, server);
        Assert.StartsWith("HTTP/1.1 200", await known.AnswerAsync(), StringComparison.Ordinal);

        static byte[] BodyOf(int bytes) => Encoding.ASCII.GetBytes(
            $$"""{"StreamName":"events","PartitionKey":"k","Data":"{{Convert.ToBase64String(new byte[bytes])}}"}""");
    }

    /// <summary>Longer than its identity may ever send: nobody need send it again.</summary>
    [Fact]
    public async Task Body_LongerThanItsQuota_IsRefusedForGood()
    {
        await using var server = await StartAsync(("body_bytes_in_flight", 1_024));
        Assert.Equal((413, "RequestEntityTooLargeException"), await PutLargeAsync());
        Assert.Equal(200, (int)(await new SignedRequest().SendAsync(server)).Status);
        Assert.Equal((413, "RequestEntityTooLargeException"), await PutLargeAsync()); // and on a connection that has signed

        async Task<(int, string?)> PutLargeAsync()
        {
            var reply = await new SignedRequest { Body = Large }.SendAsync(server);
            return ((int)reply.Status, reply.Error);
        }
    }

    /// <summary>It is told before its body is there, which so has no memory.</summary>
    [Theory]
    [InlineData("authorization: ", "x-ignored: ", "MissingAuthenticationTokenException")]
    [InlineData("Signature=", "Signature=!", "IncompleteSignatureException")]
    [InlineData("x-amz-date: 20", "x-amz-date: 19", "InvalidSignatureException")]
    [InlineData(";x-amz-target", "", "InvalidSignatureException")]
    [InlineData("Credential=KPLKNOWN", "Credential=KPLMADEUP", "UnrecognizedClientException")]
    public async Task Request_WhoseHeadersAreNoGood_IsAnsweredWithoutItsBody(string text, string other, string error)
    {
        await using var server = await StartAsync(("body_bytes_in_flight", 3_000));
        using var socket = await PlainSocket.ConnectAsync(server.Address);
        var head = new SignedRequest { Body = Large }.Head(server);
        Assert.Contains(text, head, StringComparison.Ordinal);
        await socket.SendAsync(head.Replace(text, other, StringComparison.Ordinal));
        Assert.Contains(error, await socket.AnswerAsync(), StringComparison.Ordinal);
        Assert.Equal(0, server.Bodies.Bytes);
    }

    /// <summary>Descriptions were in no quota: answers as large as the stream, that nobody reads, filled the memory.</summary>
    [Fact]
    public async Task Description_IsARequestUnderWay_OfItsIdentity()
    {
        await using var server = await StartAsync(("requests_in_flight", 1));
        server.Kinesis.Kinesis.Faults.Add(new LatencyFault { Operation = "ListShards", Delay = TimeSpan.FromMinutes(1) });
        using var gone = new CancellationTokenSource();
        var first = ListAsync(gone.Token);
        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 1);

        using var refused = await ListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("requests_in_flight", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 0);
        Assert.Equal((0, 1), (server.UsageOf("mine").Requests, server.UsageOf("mine").Refused));

        async Task<HttpResponseMessage> ListAsync(CancellationToken cancellationToken)
        {
            using var request = KinesisFrontServer.Request("ListShards", """{"StreamName":"events"}"""u8.ToArray(), KinesisFrontServer.JsonType);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _key);
            return await server.Client.SendAsync(request, cancellationToken);
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Puts one small record, by which the connection proves who it is.</summary>
    private static async Task PutAsync(Socket socket, KinesisFrontServer server)
    {
        var request = new SignedRequest();
        await request.SendAsync(socket, server);
        Assert.StartsWith("HTTP/1.1 200", await socket.AnswerAsync(), StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 0);
    }

    private Task<KinesisFrontServer> StartAsync((string Name, long Value) quota, Action<KplHttpOptions>? http = null)
    {
        var identity = IdentityFolder.Identity("mine", _key, "produce:events");
        identity["access_keys"] = _folder.Signer("mine", FakeAccessKeys.Known, FakeAccessKeys.Secret)["access_keys"]!.DeepClone();
        identity["quota"] = new JsonObject { [quota.Name] = quota.Value };
        return KinesisFrontServer.StartAsync(identities: _folder.Write(identity).File, http: http);
    }
}

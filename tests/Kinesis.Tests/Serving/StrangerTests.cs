using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Kinesis.Tests.Signing;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>What somebody who knows no secret, but the ids of keys, may take from those who do.</summary>
public sealed class StrangerTests : IDisposable
{
    private const string OtherKey = "KPLOTHER";

    private readonly IdentityFolder _folder = new();

    /// <summary>They were strangers all alike: bodies under one key shut out whoever came over a new connection.</summary>
    [Fact]
    public async Task Bodies_ThatNameOneIdentity_LeaveMemoryToOthersThatHaveProvedNothingYet()
    {
        await using var server = await StartAsync(http: static o => o.MaxBodyMemory = 1 << 20);
        var slow = BodyOf(150_000); // in 256 KiB
        using var first = await PlainSocket.ConnectAsync(server.Address);
        using var second = await PlainSocket.ConnectAsync(server.Address);
        await new SignedRequest { Secret = "made-up", Body = slow }.SendAsync(first, server, slow.Length - 1);
        await Waiting.UntilAsync(() => server.Bodies.Bytes == 1 << 18);
        await new SignedRequest { Secret = "made-up", Body = slow }.SendAsync(second, server, slow.Length - 1);
        Assert.Contains("ProvisionedThroughputExceededException", await second.AnswerAsync(), StringComparison.Ordinal);

        using var other = await PlainSocket.ConnectAsync(server.Address);
        await new SignedRequest { AccessKeyId = OtherKey, Body = slow }.SendAsync(other, server);
        Assert.StartsWith("HTTP/1.1 200", await other.AnswerAsync(), StringComparison.Ordinal);
    }

    /// <summary>Whoever knew the ids of two keys held all that strangers may have: no client got through over a new connection.</summary>
    [Fact]
    public async Task Bodies_ThatNameTwoIdentities_AndComeSlowly_MakeRoomForWhoeverComes()
    {
        await using var server = await StartAsync(http: static o => o.MaxBodyMemory = 1 << 20);
        var slow = BodyOf(150_000); // in 256 KiB
        using var first = await PlainSocket.ConnectAsync(server.Address);
        using var second = await PlainSocket.ConnectAsync(server.Address);
        await new SignedRequest { Secret = "made-up", Body = slow }.SendAsync(first, server, slow.Length - 1);
        await new SignedRequest { AccessKeyId = OtherKey, Secret = "made-up", Body = slow }.SendAsync(second, server, slow.Length - 1);
        await Waiting.UntilAsync(() => server.Bodies.Bytes == 1 << 19);
        Assert.Equal("ProvisionedThroughputExceededException", (await new SignedRequest { Body = slow }.SendAsync(server)).Error);

        server.StrangersTime.Advance(StrangerMemory.Patience);
        Assert.Equal(200, (int)(await new SignedRequest { Body = slow }.SendAsync(server)).Status);
        Assert.Contains("ProvisionedThroughputExceededException", await first.AnswerAsync(), StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.Bodies.Bytes == 1 << 18);
    }

    /// <summary>Four times as much was reserved as had come: 1 MB a second held all that strangers may have.</summary>
    [Fact]
    public async Task Body_OfAStranger_HasTwiceTheMemoryOfWhatCame()
    {
        await using var server = await StartAsync();
        var body = BodyOf(3_000_000);
        using var socket = await PlainSocket.ConnectAsync(server.Address);
        await new SignedRequest { Secret = "made-up", Body = body }.SendAsync(socket, server, 600_000);
        await Waiting.UntilAsync(() => server.Bodies.Bytes >= 600_000);
        Assert.InRange(server.Bodies.Bytes, 600_000, 1_200_000);
    }

    /// <summary>Where the hash of the body is signed with the head, the head proves who sends it.</summary>
    [Fact]
    public async Task Body_WhoseHashIsSigned_IsNoStrangers_FromItsFirstByteOn()
    {
        await using var server = await StartAsync(http: static o => o.MaxBodyMemory = 1 << 20);
        var slow = BodyOf(300_000);
        using var stranger = await PlainSocket.ConnectAsync(server.Address);
        await new SignedRequest { Secret = "made-up", Body = slow }.SendAsync(stranger, server, slow.Length - 1);
        await Waiting.UntilAsync(() => server.Bodies.Bytes == 1 << 19); // all that strangers may have
        Assert.Equal(200, (int)(await Proved(BodyOf(150_000)).SendAsync(server)).Status);
    }

    [Theory]
    [InlineData("made-up", "hash")]
    [InlineData(FakeAccessKeys.Secret, "other hash")]
    public async Task Head_ThatIsSignedWithAHash_IsJudgedBeforeTheBodyIsThere(string secret, string hash)
    {
        await using var server = await StartAsync();
        var request = Proved(BodyOf(1_000), secret);
        using var socket = await PlainSocket.ConnectAsync(server.Address);
        var head = request.Head(server);
        await socket.SendAsync(hash == "hash" ? head : head.Replace(request.Signed["x-amz-content-sha256"], new string('0', 64), StringComparison.Ordinal));
        Assert.Contains("InvalidSignatureException", await socket.AnswerAsync(), StringComparison.Ordinal);
        Assert.Equal(0, server.Bodies.Bytes);
    }

    [Fact]
    public async Task Body_OfAnotherHashThanIsSigned_IsRefused()
    {
        await using var server = await StartAsync();
        var request = Proved(BodyOf(1_000));
        request.SentBody = BodyOf(999);
        Assert.Equal("InvalidSignatureException", (await request.SendAsync(server)).Error);
        Assert.Empty(server.Applied);
    }

    /// <summary>
    /// A proxy puts requests of many clients onto one connection. After the owner had signed there, whoever named the key held its quota.
    /// </summary>
    [Theory]
    [InlineData("plaintext", "")]
    [InlineData("header", "X-Forwarded-For: 198.51.100.7\r\n")]
    [InlineData("header", "via: 1.1 proxy\r\n")]
    [InlineData("other signer", "")]
    [InlineData("failed proof", "")]
    public async Task Body_ThatNamesAKey_OnAConnectionThatSeveralShare_ChargesNobody(string sign, string header)
    {
        await using var server = await StartAsync(("requests_in_flight", 1), o => o.AllowPlaintext = sign == "plaintext");
        using var shared = await PlainSocket.ConnectAsync(server.Address);
        if (sign == "other signer")
            await PutAsync(shared, server, new SignedRequest { AccessKeyId = OtherKey }, "200");
        await PutAsync(shared, server, new SignedRequest(), "200", header);
        if (sign == "failed proof")
            await PutAsync(shared, server, new SignedRequest { Secret = "made-up" }, "400");
        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 0);

        var body = BodyOf(1_000);
        var forged = new SignedRequest { Secret = "made-up", Body = body }.Head(server);
        await shared.SendAsync(With(forged, header));
        await shared.SendAsync(body.AsMemory(0, 100));
        await Waiting.UntilAsync(() => server.Gate.InFlight == 1 && server.Bodies.Bytes > 0);
        Assert.Equal(0, server.UsageOf("mine").RequestsInFlight);
        Assert.Equal(200, (int)(await new SignedRequest().SendAsync(server)).Status);
    }

    /// <summary>On a connection of its own as well: what it took of the owner's quota is given back.</summary>
    [Fact]
    public async Task Body_WhoseSignatureIsForged_IsNotChargedToWhomItNames()
    {
        await using var server = await StartAsync(("bytes_per_second", 1_000));
        using var shared = await PlainSocket.ConnectAsync(server.Address);
        await PutAsync(shared, server, new SignedRequest(), "200");
        var before = server.UsageOf("mine").Bytes;
        await PutAsync(shared, server, new SignedRequest { Secret = "made-up", Body = BodyOf(1_500) }, "400");
        Assert.Equal(before, server.UsageOf("mine").Bytes);
    }

    /// <summary>Whoever had a key sent bodies of another hash than was signed, and none of them was charged.</summary>
    [Fact]
    public async Task Body_OfAnotherHashThanIsSigned_IsPaidForByWhoeverTheHeadHasProved()
    {
        await using var server = await StartAsync(("bytes_per_second", 1_000));
        using var socket = await PlainSocket.ConnectAsync(server.Address);
        var request = Proved(BodyOf(6_000));
        await socket.SendAsync(request.Head(server));
        await socket.SendAsync(new byte[request.Body.Length]);
        Assert.Contains("InvalidSignatureException", await socket.AnswerAsync(), StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.Gate.InFlight == 0);
        Assert.InRange(server.UsageOf("mine").Bytes, 8_000, 8_200);
    }

    /// <summary>Wrong signatures without end left no trace.</summary>
    [Theory]
    [InlineData(FakeAccessKeys.Known, "InvalidSignatureException, key KPLKNOWN")]
    [InlineData("KPLNOBODY", "UnrecognizedClientException, key KPLNOBODY")]
    [InlineData(null, "MissingAuthenticationTokenException, key -")]
    public async Task Request_ThatIsNotBelieved_IsTold_WithTheKeyThatItNames(string? key, string told)
    {
        await using var server = await StartAsync();
        if (key is null)
            await server.CallAsync("PutRecord", "{}");
        else
            await new SignedRequest { AccessKeyId = key, Secret = "made-up" }.SendAsync(server);
        Assert.Contains("POST / from 127.0.0.1 was refused: " + told, server.Log.Texts);
    }

    /// <summary>The server itself cuts such a body off, long before its time is up, and that left no trace.</summary>
    [Fact]
    public async Task Body_ThatIsTooSlowToProveAnything_IsTold_WithTheKeyThatItNames()
    {
        await using var server = await StartAsync();
        server.Limits.MinRequestBodyDataRate = new MinDataRate(1 << 20, TimeSpan.FromSeconds(1.1));
        var body = BodyOf(1_000);
        using var socket = await PlainSocket.ConnectAsync(server.Address);
        await new SignedRequest { Secret = "made-up", Body = body }.SendAsync(socket, server, 100);
        Assert.Contains("#RequestTimeoutException\"", await socket.AnswerAsync(), StringComparison.Ordinal);
        Assert.Contains("POST / from 127.0.0.1 was refused: SlowBody, key KPLKNOWN", server.Log.Texts);
    }

    [Fact]
    public async Task Key_IsUsedByWhoeverSignsWithIt_AndNotByWhoeverNamesIt()
    {
        await using var server = await StartAsync();
        Assert.Equal("InvalidSignatureException", (await new SignedRequest { Secret = "made-up" }.SendAsync(server)).Error);
        Assert.Null(server.LastUseOf(FakeAccessKeys.Known));
        Assert.Equal(200, (int)(await new SignedRequest().SendAsync(server)).Status);
        Assert.InRange(server.LastUseOf(FakeAccessKeys.Known)!.Value, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddSeconds(1));
    }

    /// <summary>Every refusal gave back what its body had taken, so that rubbish was free.</summary>
    [Theory]
    [InlineData("""{"StreamName":"events","Records":[{"PartitionKey":"k","Data":"$"}]}""")]
    [InlineData("""{"StreamName":"another","PartitionKey":"k","Data":"$"}""")]
    [InlineData("""{"StreamName":"events","PartitionKey":"","Data":"$"}""")]
    [InlineData("""["$"]""")]
    public async Task Rubbish_TakesOfTheQuotaASecond(string body)
    {
        await using var server = await StartAsync(("bytes_per_second", 1_000));
        var rubbish = Encoding.ASCII.GetBytes(body.Replace("$", new string('A', 8_000), StringComparison.Ordinal));
        using var socket = await PlainSocket.ConnectAsync(server.Address);
        await PutAsync(socket, server, new SignedRequest { Body = rubbish }, "400");
        Assert.InRange(server.UsageOf("mine").Bytes, 8_000, 8_200);
        var second = await new SignedRequest { Body = rubbish }.SendAsync(server);
        Assert.Equal("ProvisionedThroughputExceededException", second.Error);
    }

    /// <summary>16 MB of anything were taken apart for whoever had no right at all.</summary>
    [Theory]
    [InlineData("banned")]
    [InlineData("reader")]
    public async Task Body_OfAnIdentityThatMayPutNowhere_IsNotTakenApart(string identity)
    {
        await using var server = await StartAsync();
        var reply = await new SignedRequest { AccessKeyId = "KPL" + identity.ToUpperInvariant(), Body = "no JSON"u8.ToArray() }.SendAsync(server);
        Assert.Equal("AccessDeniedException", reply.Error);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] BodyOf(int bytes) => Encoding.ASCII.GetBytes(
        $$"""{"StreamName":"events","PartitionKey":"k","Data":"{{Convert.ToBase64String(new byte[bytes])}}"}""");

    private static SignedRequest Proved(byte[] body, string secret = FakeAccessKeys.Secret) => new()
    {
        Body = body, Secret = secret, Signed = { ["x-amz-content-sha256"] = Convert.ToHexStringLower(SHA256.HashData(body)) },
    };

    private static string With(string head, string header) => head.Replace("\r\n\r\n", "\r\n" + header + "\r\n", StringComparison.Ordinal);

    private static async Task PutAsync(
        System.Net.Sockets.Socket socket, KinesisFrontServer server, SignedRequest request, string status, string header = "")
    {
        await socket.SendAsync(With(request.Head(server), header));
        await socket.SendAsync(request.Body);
        Assert.StartsWith("HTTP/1.1 " + status, await socket.AnswerAsync(), StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.Gate.InFlight == 0);
    }

    private Task<KinesisFrontServer> StartAsync((string Name, long Value)? quota = null, Action<KplHttpOptions>? http = null)
    {
        var (mine, banned) = (Identity("mine", FakeAccessKeys.Known, "produce"), Identity("banned", "KPLBANNED", "produce"));
        banned["banned"] = true;
        if (quota is var (name, value))
            mine["quota"] = new JsonObject { [name] = value };
        _folder.Write(mine, banned, Identity("other", OtherKey, "produce"), Identity("reader", "KPLREADER", "status"));
        return KinesisFrontServer.StartAsync(identities: _folder.File, http: http);
    }

    private JsonObject Identity(string id, string key, string role) => _folder.Signer(id, key, FakeAccessKeys.Secret, $"{role}:events");
}

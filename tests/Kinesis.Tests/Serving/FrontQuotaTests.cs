using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Kinesis.Tests.Signing;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <remarks>Tests <see cref="Kinesis.Serving.EarlyTurn"/>: what an identity's puts take of its quotas, and when.</remarks>
public sealed class FrontQuotaTests : IDisposable
{
    private static readonly byte[] Large = Encoding.ASCII.GetBytes(
        $$"""{"StreamName":"events","PartitionKey":"k","Data":"{{Convert.ToBase64String(new byte[1_500])}}"}""");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kpl-front-");

    /// <summary>It was charged only when the body was there: any number of bodies could be on their way.</summary>
    [Fact]
    public async Task Body_ThatIsOnItsWay_OverAConnectionThatHasSigned_HoldsTheQuota()
    {
        await using var server = await StartAsync(("body_bytes_in_flight", 3_000));
        using var slow = await ConnectAsync(server);
        await PutAsync(slow, server);

        await SendAsync(slow, new SignedRequest { Body = Large }.Head(server));
        await Waiting.UntilAsync(() => server.UsageOf("mine").BodyBytesInFlight == Large.Length);
        var refused = await new SignedRequest { Body = Large }.SendAsync(server);
        Assert.Equal((400, "ProvisionedThroughputExceededException"), ((int)refused.Status, refused.Error));

        await slow.SendAsync(Large);
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(slow), StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.UsageOf("mine").BodyBytesInFlight == 0);
        Assert.Equal((2, 1), (server.UsageOf("mine").Requests, server.UsageOf("mine").Refused));
    }

    /// <summary>Who only names a key must not use up the quota of its owner.</summary>
    [Fact]
    public async Task Body_ThatIsOnItsWay_OverAConnectionThatHasProvedNothing_ChargesNobody()
    {
        await using var server = await StartAsync(("body_bytes_in_flight", 3_000));
        using var stranger = await ConnectAsync(server);
        await SendAsync(stranger, new SignedRequest { Secret = "made-up", Body = Large }.Head(server));
        await stranger.SendAsync(Large.AsMemory(0, 1_000));
        await Waiting.UntilAsync(() => server.Gate.InFlight == 1 && server.Bodies.Bytes > 0);
        Assert.Equal(default, server.UsageOf("mine"));
        Assert.Equal(200, (int)(await new SignedRequest { Body = Large }.SendAsync(server)).Status);

        await stranger.SendAsync(Large.AsMemory(1_000));
        Assert.Contains("InvalidSignatureException", await AnswerAsync(stranger), StringComparison.Ordinal);
        // It has still proved nothing.
        await SendAsync(stranger, new SignedRequest { Secret = "made-up", Body = Large }.Head(server));
        await stranger.SendAsync(Large.AsMemory(0, 1_000));
        await Waiting.UntilAsync(() => server.Gate.InFlight == 1 && server.Bodies.Bytes > 0);
        Assert.Equal((1, 0L), (server.UsageOf("mine").Requests, server.UsageOf("mine").BodyBytesInFlight));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(700)]
    public async Task HangUp_WhileTheBodyComes_GivesBackWhatItTook(int sent)
    {
        await using var server = await StartAsync(("bytes_per_second", 1_000));
        using (var gone = await ConnectAsync(server))
        {
            await PutAsync(gone, server);
            await SendAsync(gone, new SignedRequest { Body = Large }.Head(server));
            await gone.SendAsync(Large.AsMemory(0, sent));
            await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 1);
            gone.LingerState = new LingerOption(true, 0); // closing resets the connection
        }

        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 0);
        var usage = server.UsageOf("mine");
        Assert.Equal((1, 1, 0), (usage.Requests, usage.Records, usage.Refused));
        Assert.InRange(usage.Bytes, 1, 100);
        Assert.Equal(200, (int)(await new SignedRequest { Body = Large }.SendAsync(server)).Status);
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
    public async Task Request_WhoseHeadersAreNoGood_IsAnsweredWithoutItsBody(string text, string other, string error)
    {
        await using var server = await StartAsync(("body_bytes_in_flight", 3_000));
        using var socket = await ConnectAsync(server);
        var head = new SignedRequest { Body = Large }.Head(server);
        Assert.Contains(text, head, StringComparison.Ordinal);
        await SendAsync(socket, head.Replace(text, other, StringComparison.Ordinal));
        Assert.Contains(error, await AnswerAsync(socket), StringComparison.Ordinal);
        Assert.Equal(0, server.Bodies.Bytes);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Puts one small record, by which the connection proves who it is.</summary>
    private static async Task PutAsync(Socket socket, KinesisFrontServer server)
    {
        var request = new SignedRequest();
        await SendAsync(socket, request.Head(server));
        await socket.SendAsync(request.Body);
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(socket), StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 0);
    }

    private static async Task<string> AnswerAsync(Socket socket)
    {
        var text = "";
        var buffer = new byte[4_096];
        // An answer of the front ends with its object.
        while (!text.EndsWith('}') && await socket.ReceiveAsync(buffer) is var count and > 0)
            text += Encoding.ASCII.GetString(buffer, 0, count);
        return text;
    }

    private static async Task<Socket> ConnectAsync(KinesisFrontServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text));

    private Task<KinesisFrontServer> StartAsync((string Name, long Value) quota)
    {
        var identity = new JsonObject
        {
            ["id"] = "mine",
            ["grants"] = new JsonArray(new JsonObject { ["role"] = "produce", ["streams"] = "events" }),
            ["access_keys"] = new JsonArray(new JsonObject { ["id"] = FakeAccessKeys.Known, ["secret_file"] = Write("secret", FakeAccessKeys.Secret) }),
            ["quota"] = new JsonObject { [quota.Name] = quota.Value },
        };
        return KinesisFrontServer.StartAsync(
            identities: Write("identities.json", new JsonObject { ["identities"] = new JsonArray(identity) }.ToJsonString()));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}

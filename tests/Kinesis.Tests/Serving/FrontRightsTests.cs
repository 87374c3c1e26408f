using System.Text.Json.Nodes;
using Orleans.Kpl.Kinesis.Tests.Signing;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>What an access key of an identity may do through the front.</summary>
public sealed class FrontRightsTests : IDisposable
{
    private const string Other = "KPLOTHER";
    private const string Banned = "KPLBANNED";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kpl-front-");

    [Theory]
    [InlineData(FakeAccessKeys.Known, null)]
    [InlineData(Other, "AccessDeniedException")]
    [InlineData(Banned, "AccessDeniedException")]
    public async Task PutRecord_NeedsTheRightToPutIntoThatStream(string key, string? error)
    {
        await using var server = await StartAsync();

        var reply = await new SignedRequest { AccessKeyId = key }.SendAsync(server);

        Assert.Equal(error is null ? 200 : 400, (int)reply.Status);
        if (error is not null)
            Assert.Equal(error, reply.Error);
        Assert.Equal(error is null ? 1 : 0, server.Applied.Count);
    }

    [Fact]
    public async Task PutRecord_IntoAStreamThatIsNotThere_IsDeniedLikeOneThatIs()
    {
        await using var server = await StartAsync();

        var reply = await new SignedRequest { AccessKeyId = Other, Body = """{"StreamName":"nothing","PartitionKey":"k","Data":"aGk="}"""u8.ToArray() }
            .SendAsync(server);

        Assert.Equal("AccessDeniedException", reply.Error);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<KinesisFrontServer> StartAsync()
    {
        var secret = Write("secret", FakeAccessKeys.Secret);
        var identities = new JsonArray(
            Identity("mine", FakeAccessKeys.Known, "events", secret), Identity("theirs", Other, "other*", secret),
            Identity("former", Banned, "*", secret, isBanned: true));
        return KinesisFrontServer.StartAsync(identities: Write("identities.json", new JsonObject { ["identities"] = identities }.ToJsonString()));
    }

    private static JsonObject Identity(string id, string key, string streams, string secret, bool isBanned = false) => new()
    {
        ["id"] = id,
        ["grants"] = new JsonArray(new JsonObject { ["role"] = "produce", ["streams"] = streams }),
        ["access_keys"] = new JsonArray(new JsonObject { ["id"] = key, ["secret_file"] = secret }),
        ["banned"] = isBanned,
    };

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}

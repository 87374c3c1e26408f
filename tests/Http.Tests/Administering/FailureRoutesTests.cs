using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Administering;

/// <remarks>Tests <see cref="Http.Administering.AdminQueryEndpoints"/>.</remarks>
public sealed class FailureRoutesTests
{
    private const string Path = "/admin/streams/orders";

    private static readonly string Key = ApiKeyText.Create();

    [Theory]
    [InlineData("failure=7", "failure:7")]
    [InlineData("key=user%3A17%2F%C3%A9", "key:user:17/é")]
    [InlineData("hash=340282366920938463463374607431768211455", "hash:340282366920938463463374607431768211455")]
    public async Task Explain_AsksWhatTheQuerySays(string query, string question)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var answer = await server.SendAsync("GET", $"{Path}/explain?{query}", Key);
        Assert.Equal((200, question), (answer.Status, answer.Json.GetProperty("findings")[0].GetString()));
    }

    /// <summary>The connection that ended was taken for the one between the reader and the tier.</summary>
    [Theory]
    [InlineData(RecordErrorCodes.ConnectionLost, "the tier could not reach Kinesis: The connection ended.")]
    [InlineData(RecordErrorCodes.ConnectionFailed, "the tier could not reach Kinesis: The connection ended.")]
    [InlineData(RecordErrorCodes.RequestTimeout, "the tier could not reach Kinesis: The connection ended.")]
    [InlineData("InternalFailure", "The connection ended.")]
    public async Task History_WhileKinesisIsAway_SaysWhoDidNotReachWhom(string code, string message)
    {
        await using var server = await IdentityServer.StartAsync(Folder(), admin: new AwayAdmin(code));
        var answer = await server.SendAsync("GET", $"{Path}/history", Key);
        Assert.Equal((502, code, message), (answer.Status, answer.Code, answer.Message));
    }

    [Theory]
    [InlineData("", "one of failure=NUMBER")]
    [InlineData("?key=a&hash=1", "one of failure=NUMBER")]
    [InlineData("?key=a&key=b", "one of failure=NUMBER")]
    [InlineData("?failure=0", "failure is '0'")]
    [InlineData("?failure=x", "failure is 'x'")]
    [InlineData("?hash=-1", "hash is '-1'")]
    [InlineData("?hash=340282366920938463463374607431768211456", "hash is '340282366920938463463374607431768211456'")]
    [InlineData("?key=", "1 to 256")]
    public async Task Explain_OfNoQuestion_IsRefusedWithTheReason(string query, string message)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var answer = await server.SendAsync("GET", $"{Path}/explain{query}", Key);
        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?after=12", 200)]
    [InlineData("?after=-1", 400)]
    [InlineData("?max=0", 400)]
    [InlineData("?max=1001", 400)]
    public async Task Failures_ReadsItsPage(string query, int status)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var answer = await server.SendAsync("GET", $"{Path}/failures{query}", Key);
        Assert.Equal(status, answer.Status);
        if (status == 200)
            Assert.Equal(12, answer.Json.GetProperty("next").GetInt64());
    }

    private static IdentityFolder Folder() => new IdentityFolder().Write(IdentityFolder.Identity("status", Key, "status:*"));

    private sealed class AwayAdmin(string code) : FakeStreamAdmin
    {
        public override Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(string stream, CancellationToken cancellationToken = default) =>
            throw new StreamManagerException(code, "The connection ended.");
    }
}

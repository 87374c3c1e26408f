using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Sessions;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="SessionTokens"/>, <see cref="AccessKeys"/> and <see cref="CredentialsEndpoint"/>.</remarks>
public sealed class SessionTests
{
    private static readonly string Key = ApiKeyText.Create();
    private static readonly string Banned = ApiKeyText.Create();

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Credentials_AreThoseThatSdksFetch_AndAreFoundAgain(bool withScheme)
    {
        await using var server = await IdentityServer.StartAsync(Folder());

        var answer = await server.SendAsync("GET", "/v1/credentials", null, "", ("Authorization", withScheme ? $"Bearer {Key}" : Key));

        Assert.Equal(200, answer.Status);
        Assert.Equal(["AccessKeyId", "SecretAccessKey", "Token", "Expiration"], answer.Json.EnumerateObject().Select(static m => m.Name));
        var expires = answer.Json.GetProperty("Expiration").GetDateTimeOffset();
        Assert.InRange(expires, DateTimeOffset.UtcNow.AddMinutes(29), DateTimeOffset.UtcNow.AddMinutes(31));
        var (id, secret, token) = (Text("AccessKeyId"), Text("SecretAccessKey"), Text("Token"));
        var found = server.AccessKeys.Find(id, token);
        Assert.Equal((AccessKeyState.Found, secret), (found.State, Encoding.UTF8.GetString(found.Secret!)));
        Assert.True(CallerRights.Of(found.Principal!).May(IdentityRole.Produce, "orders"));
        Assert.Equal(AccessKeyState.Unknown, server.AccessKeys.Find(id, null).State);
        Assert.Equal(AccessKeyState.Unknown, server.AccessKeys.Find("KPLSAAAAAAAAAAAAAAAA", token).State);

        string Text(string name) => answer.Json.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task Credentials_ForNobody_Are401_AndForTheBanned403()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        Assert.Equal(401, (await server.SendAsync("GET", "/v1/credentials", null)).Status);
        Assert.Equal(403, (await server.SendAsync("GET", "/v1/credentials", Banned)).Status);
    }

    /// <summary>An identity in a loop sealed thousands of tokens a second, and each had its line in the audit.</summary>
    [Fact]
    public async Task Credentials_OfOneIdentity_AreHandedOutToAWholeDeployment_AndThenSlower()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        Assert.Equal(SessionBudget.Burst, Enumerable.Range(0, SessionBudget.Burst).Count(_ => server.Sessions.Take("orders") is null));
        // A few come back meanwhile.
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => server.SendAsync("GET", "/v1/credentials", Key)));

        var refused = answers.First(static a => a.Status == 429);
        Assert.Equal(HttpErrorCodes.QuotaReached, refused.Json.GetProperty("error_code").GetString());
        Assert.Null(server.Sessions.Take("another"));
    }

    [Fact]
    public void SessionBudget_GivesTwentyASecond_OnceTheFirstThousandAreTaken()
    {
        var budget = new SessionBudget(_time);
        Assert.All(Enumerable.Range(0, SessionBudget.Burst), _ => Assert.Null(budget.Take("orders")));
        var refused = budget.Take("orders");
        Assert.Equal((429, TimeSpan.FromSeconds(1)), (refused!.StatusCode, refused.RetryAfter));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Null(budget.Take("orders")));
        Assert.NotNull(budget.Take("orders"));
    }

    /// <summary>It was a quarter of an hour: boto3 and others fetch the next one when so much is left, and so fetched one for each request.</summary>
    [Fact]
    public async Task Session_EndsAfterHalfAnHour_SoThatSdksNeedNotFetchOneForEachRequest()
    {
        using var folder = Folder();
        await using var store = Open(folder);
        var keys = new AccessKeys(store, _time, NullLogger<AccessKeys>.Instance);
        var (session, token) = keys.Begin(store.Current.Identities["orders"]);
        _time.Jump(TimeSpan.FromMinutes(30) - TimeSpan.FromSeconds(1));
        Assert.Equal(AccessKeyState.Found, keys.Find(session.Id, token).State);
        _time.Jump(TimeSpan.FromSeconds(1));
        Assert.Equal(AccessKeyLookup.Expired, keys.Find(session.Id, token));
    }

    [Fact]
    public async Task Session_OfAnIdentityThatIsGone_IsUnknown_AndOfABannedOneMayDoNothing()
    {
        using var folder = Folder();
        await using var store = Open(folder);
        var keys = new AccessKeys(store, _time, NullLogger<AccessKeys>.Instance);
        var (session, token) = keys.Begin(store.Current.Identities["orders"]);

        folder.Write("""{"session_key_file":"sessions","identities":[{"id":"orders","banned":true,"grants":[{"role":"produce","streams":"*"}]}]}""");
        store.Refresh();
        Assert.False(CallerRights.Of(keys.Find(session.Id, token).Principal!).May(IdentityRole.Produce, "orders"));

        folder.Write("""{"session_key_file":"sessions","identities":[]}""");
        store.Refresh();
        Assert.Equal(AccessKeyLookup.Unknown, keys.Find(session.Id, token));
    }

    [Fact]
    public async Task Session_IsTakenByEveryProcessWithTheKey_AndForOneGenerationMore()
    {
        var (first, second, third) = (LineOf(1), LineOf(2), LineOf(3));
        using var folder = Folder().Write("sessions", first);
        await using var store = Open(folder);
        await using var other = Open(folder);
        var (keys, elsewhere) = (new AccessKeys(store, _time, NullLogger<AccessKeys>.Instance), new AccessKeys(other, _time, NullLogger<AccessKeys>.Instance));
        var (session, token) = keys.Begin(store.Current.Identities["orders"]);
        Assert.Equal(AccessKeyState.Found, elsewhere.Find(session.Id, token).State);

        folder.Write("sessions", $"{second}\n{first}\n");
        other.Refresh();
        Assert.Equal(AccessKeyState.Found, elsewhere.Find(session.Id, token).State);

        folder.Write("sessions", $"{third}\n{second}\n");
        other.Refresh();
        Assert.Equal(AccessKeyLookup.Unknown, elsewhere.Find(session.Id, token));

        static string LineOf(byte b) => Convert.ToBase64String([.. Enumerable.Repeat(b, 32)]);
    }

    /// <summary>No bit of a token may be changed, and none left out.</summary>
    [Fact]
    public void Token_ThatWasChangedAnywhere_OpensNoMore()
    {
        byte[][] keys = [[.. Enumerable.Repeat((byte)5, 32)]];
        var session = SessionTokens.Create("orders", FakeTimeProvider.Start);
        var token = SessionTokens.Seal(session, keys[0]);
        Assert.Equal(session, SessionTokens.Open(token, keys));

        var bytes = Base64Url.DecodeFromChars(token);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(SessionTokens.Open(Base64Url.EncodeToString(bytes), keys));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (var length = 0; length < token.Length; length++)
            Assert.Null(SessionTokens.Open(token[..length], keys));
        Assert.Null(SessionTokens.Open(token, [[.. Enumerable.Repeat((byte)6, 32)]]));
        Assert.Null(SessionTokens.Open(new string('A', 100_000), keys));
    }

    private IdentityStore Open(IdentityFolder folder) => IdentityStore.Open(folder.File, _time, NullLogger<IdentityStore>.Instance);

    private static IdentityFolder Folder()
    {
        var banned = IdentityFolder.Identity("banned", Banned, "produce:*");
        banned["banned"] = true;
        return new IdentityFolder().Write("sessions", Convert.ToBase64String(new byte[32])).Write(
            IdentityFolder.FileOf(IdentityFolder.Identity("orders", Key, "produce:orders"), banned).Replace("{\"identities\"", "{\"session_key_file\":\"sessions\",\"identities\"", StringComparison.Ordinal));
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Tokens;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>What a connection has proved is believed no longer than if each request were looked at anew.</summary>
public sealed class ConnectionCredentialTests : IAsyncLifetime
{
    private static readonly TestIssuer Issuer = new();
    private static readonly TestIssuer Stranger = new();
    private static readonly string Key = ApiKeyText.Create();

    private readonly FakeTimeProvider _time = new();
    private string _published = Issuer.Keys;
    private readonly ConnectionCredential _connection = new();
    private readonly IdentityFolder _folder = new();
    private readonly IdentityOverrides _overrides;
    private readonly IdentityStore _store;
    private readonly TokenVerifier _tokens;
    private readonly KnownCaller _known;

    public ConnectionCredentialTests()
    {
        _folder.Write("jwks.json", Issuer.Keys).Write(FileOf(Key, "orders", "others"));
        _overrides = new IdentityOverrides(_time);
        _store = IdentityStore.Open(_folder.File, _time, NullLogger<IdentityStore>.Instance, _overrides);
        _tokens = new TokenVerifier(
            _store, (_, _) => Task.FromResult(System.Text.Encoding.UTF8.GetBytes(_published)), _time, NullLogger<TokenVerifier>.Instance);
        _known = new KnownCaller(new CredentialCheck(_store, _tokens, _time));
    }

    [Fact]
    public async Task Token_ThatWasProvedOnTheConnection_IsRememberedThere_UntilItExpires()
    {
        var header = await ProveAsync(Issuer.Issue(_time.GetUtcNow(), change: c => c["exp"] = _time.GetUtcNow().AddMinutes(30).ToUnixTimeSeconds()));

        Assert.Equal("orders", Admitted(header));
        Assert.Equal("orders", _connection.Find(header)?.Identity?.Id);
        _time.Jump(TimeSpan.FromMinutes(30));
        Assert.Equal("orders", Admitted(header));
        _time.Jump(TimeSpan.FromSeconds(31));
        Assert.Null(Admitted(header));
    }

    [Fact]
    public async Task Token_OfSomebodyBannedMeanwhile_IsRefusedOnTheSameConnection_UntilTheBanIsOver()
    {
        var header = await ProveAsync(Issuer.Issue(_time.GetUtcNow()));
        Assert.Equal("orders", Admitted(header));

        Assert.True(_overrides.TrySet(
            new QuotaOverride { Identity = "orders", Kind = QuotaOverrideKind.Ban, Until = _time.GetUtcNow() + TimeSpan.FromMinutes(1) }, "silo"));
        Assert.Null(Admitted(header));
        Assert.True(_overrides.TryLift("orders", "silo", "root"));
        Assert.True((await _tokens.CheckAsync(header["Bearer ".Length..])).IsKnown);
        Assert.Equal("orders", Admitted(header));
    }

    [Fact]
    public async Task Token_WhoseIssuerHasOtherKeysNow_IsRefusedOnTheSameConnection()
    {
        var header = await ProveAsync(Issuer.Issue(_time.GetUtcNow()));
        Assert.Equal("orders", Admitted(header));

        _folder.Write("jwks.json", Stranger.Keys);
        _store.Refresh();

        Assert.Null(Admitted(header));
    }

    [Fact]
    public async Task Token_WhoseKeyItsIssuerHasWithdrawn_IsRefusedOnTheSameConnection()
    {
        _folder.Write(FileOf(Key, "orders", "others").Replace("\"jwks_file\":\"jwks.json\"", "\"jwks_url\":\"https://issuer.example/keys\"", StringComparison.Ordinal));
        _store.Refresh();
        var token = Issuer.Issue(_time.GetUtcNow());
        var header = await ProveAsync(token);
        Assert.Equal("orders", Admitted(header));
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("orders", Admitted(header));

        _published = Stranger.Keys.Replace("\"rsa\"", "\"next\"", StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(Admitted(header));
        Assert.False((await _tokens.CheckAsync(token)).IsKnown);
        Assert.Null(Admitted(header));
    }

    [Fact]
    public void Key_ThatWasTakenOut_IsRefusedOnTheSameConnection()
    {
        const string Bearer = "Bearer ";
        var header = Bearer + Key;
        Assert.Equal("orders", Admitted(header));
        Assert.Equal("orders", _connection.Find(header)?.Identity?.Id);

        _folder.Write(FileOf(ApiKeyText.Create(), "orders", "others"));
        _store.Refresh();

        Assert.Null(Admitted(header));
    }

    [Fact]
    public async Task Tokens_OfTwoCallersInTurn_AreEachTheirOwn()
    {
        var one = await ProveAsync(Issuer.Issue(_time.GetUtcNow()));
        var other = await ProveAsync(Issuer.Issue(_time.GetUtcNow(), change: static c => c["sub"] = "others"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("orders", Admitted(one));
            Assert.Equal("others", Admitted(other, "others"));
            Assert.Null(Admitted(other));
        }
    }

    [Fact]
    public async Task Header_OfTheSameText_IsLookedAtAnew_AndOneThatDiffersInItsLastLetterIsNobodys()
    {
        var header = await ProveAsync(Issuer.Issue(_time.GetUtcNow()));
        Assert.Equal("orders", Admitted(header));

        Assert.Null(_connection.Find(new string(header)));
        Assert.Equal("orders", Admitted(new string(header)));
        Assert.Null(Admitted(header[..^1] + (header[^1] == 'A' ? 'B' : 'A')));
    }

    [Fact]
    public async Task Header_ThatIsNotAlone_IsNotBelieved_ThoughTheConnectionHasProvedIt()
    {
        var header = await ProveAsync(Issuer.Issue(_time.GetUtcNow()));
        Assert.Equal("orders", Admitted(header));

        var context = Request("orders", header);
        context.Request.Headers[CallerCredential.KeyHeader] = Key;
        Assert.False(_known.TryAdmit(context));
        context = Request("orders", header);
        context.Request.Headers.Authorization = new[] { header, header };
        Assert.False(_known.TryAdmit(context));
    }

    [Fact]
    public async Task OneConnection_OverASocket_FollowsItsCredentialsAndTheirIdentities()
    {
        await using var server = await IdentityServer.StartAsync(_folder);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = server.Address };
        var token = Issuer.Issue(DateTimeOffset.UtcNow);
        var other = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["sub"] = "others");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(202, await PutAsync(client, token));
            Assert.Equal(202, await PutAsync(client, token));
            Assert.Equal(403, await PutAsync(client, other));
            Assert.Equal(401, await PutAsync(client, token + "x"));
            Assert.Equal(202, await PutAsync(client, Key));
            Assert.Equal(202, await PutAsync(client, Key));
        }

        // The server hands out the same text for the header now: what the connection remembers of it is asked.
        Assert.Equal(202, await PutAsync(client, token));
        Assert.Equal(202, await PutAsync(client, token));
        _folder.Write("jwks.json", Stranger.Keys);
        server.Store.Refresh();
        Assert.Equal(401, await PutAsync(client, token));
        Assert.Equal(202, await PutAsync(client, Key));
    }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<int> PutAsync(HttpClient client, string credential)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/events");
        request.Content = new StringContent("""{"partition_key":"k","payload":1}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {credential}");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    /// <summary>One identity that has the key and the issuer's usual subject, and one with a subject of its own.</summary>
    private static string FileOf(string key, string first, string second)
    {
        var (one, other) = (IdentityFolder.Identity(first, key, "produce:orders"), IdentityFolder.Identity(second, ApiKeyText.Create(), "produce:others"));
        one["subjects"] = IdentityFolder.Subjects();
        other["subjects"] = IdentityFolder.Subjects(second);
        return IdentityFolder.WithIssuer(one, other).ToJsonString();
    }

    /// <summary>Proves a token, as its first request does, and returns the header that has it.</summary>
    private async Task<string> ProveAsync(string token)
    {
        Assert.True((await _tokens.CheckAsync(token)).IsKnown);
        return $"Bearer {token}";
    }

    /// <summary>Returns whom a put on the connection is admitted as; null if it is not.</summary>
    private string? Admitted(string header, string stream = "orders")
    {
        var context = Request(stream, header);
        return _known.TryAdmit(context) ? context.User.Identity?.Name : null;
    }

    private DefaultHttpContext Request(string stream, string header)
    {
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().Configure<KplHttpOptions>(static _ => { }).BuildServiceProvider() };
        context.Features.Set(_connection);
        context.Request.Method = "POST";
        context.SetEndpoint(new RouteEndpoint(
            static _ => Task.CompletedTask, RoutePatternFactory.Parse("/streams/{stream}/records"), 0, null, null));
        context.Request.RouteValues["stream"] = stream;
        context.Request.Headers.Authorization = header;
        return context;
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Tokens;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="TokenVerifier"/>, <see cref="PublishedKeys"/> and <see cref="ProvedTokens"/>.</remarks>
public sealed class TokenVerifierTests
{
    private static readonly TestIssuer Issuer = new();
    private static readonly TestIssuer Stranger = new();

    private readonly FakeTimeProvider _time = new();
    private readonly List<Uri> _asked = [];
    private Func<string> _published = () => Issuer.Keys;

    [Fact]
    public async Task Token_IsTakenUntilItExpires_AlsoWhereItWasProvedBefore()
    {
        using var folder = Folder("\"jwks_file\":\"jwks.json\"");
        await using var store = Open(folder);
        var verifier = Create(store);
        var token = Issuer.Issue(_time.GetUtcNow());

        Assert.Equal("orders", (await verifier.CheckAsync(token)).Identity?.Id);
        _time.Jump(TimeSpan.FromMinutes(60));
        Assert.Equal("orders", (await verifier.CheckAsync(token)).Identity?.Id);
        _time.Jump(TimeSpan.FromSeconds(31));
        Assert.Equal("the token has expired", (await verifier.CheckAsync(token)).Reason);
    }

    [Fact]
    public async Task Token_AfterItsSubjectOrKeyWasTakenOut_IsRefusedAtOnce()
    {
        using var folder = Folder("\"jwks_file\":\"jwks.json\"");
        await using var store = Open(folder);
        var verifier = Create(store);
        var token = Issuer.Issue(_time.GetUtcNow());
        Assert.True((await verifier.CheckAsync(token)).IsKnown);

        folder.Write("jwks.json", Stranger.Keys);
        store.Refresh();
        Assert.Equal("the token's signature is by no key of its issuer", (await verifier.CheckAsync(token)).Reason);
    }

    [Theory]
    [InlineData("=")]
    [InlineData(" ")]
    [InlineData("\n")]
    public async Task Token_SpeltInAnotherWay_IsRefused_SoThatOneTokenIsRememberedOnce(string addition)
    {
        using var folder = Folder("\"jwks_file\":\"jwks.json\"");
        await using var store = Open(folder);
        var token = Issuer.Issue(_time.GetUtcNow());

        Assert.False((await Create(store).CheckAsync(token.Insert(token.Length - 2, addition))).IsKnown);
        Assert.False((await Create(store).CheckAsync(token + addition + addition)).IsKnown);
    }

    [Fact]
    public async Task UnknownKey_IsAskedForAtMostOnceAMinute()
    {
        using var folder = Folder("\"jwks_url\":\"https://issuer.example/keys\"");
        await using var store = Open(folder);
        var verifier = Create(store);
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
        for (var i = 0; i < 100; i++)
            Assert.False((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), header: h => h["kid"] = $"made-up-{i}"))).IsKnown);
        Assert.Equal([new Uri("https://issuer.example/keys")], _asked);

        _time.Jump(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 100; i++)
            await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), header: h => h["kid"] = $"made-up-{i}"));
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task Keys_ThatWereReplaced_AreFoundByTheirNewName()
    {
        using var folder = Folder("\"jwks_url\":\"https://issuer.example/keys\"");
        await using var store = Open(folder);
        var verifier = Create(store);
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);

        _published = static () => Stranger.Keys.Replace("\"rsa\"", "\"next\"", StringComparison.Ordinal);
        _time.Jump(TimeSpan.FromMinutes(1));

        Assert.True((await verifier.CheckAsync(Stranger.Issue(_time.GetUtcNow(), header: static h => h["kid"] = "next"))).IsKnown);
    }

    [Fact]
    public async Task Keys_WhileTheIssuerIsAway_StayThoseThatWereRead()
    {
        using var folder = Folder("\"jwks_url\":\"https://issuer.example/keys\"");
        await using var store = Open(folder);
        var verifier = Create(store);
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
        _published = static () => throw new HttpRequestException("away");
        _time.Jump(TimeSpan.FromMinutes(20));
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
        _published = static () => "{";
        _time.Jump(TimeSpan.FromMinutes(20));
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"keys":7}""")]
    [InlineData("""{"keys":[7,{"kty":"oct","k":"AAAA"},{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}""")]
    [InlineData("nothing")]
    [InlineData("""{"keys":[{"kty":"\ud800"}]}""")]
    public void Keys_OfOtherKinds_AreNotTaken(string json)
    {
        Assert.Empty(TokenKeyReader.Read(Encoding.UTF8.GetBytes(json), out var reason));
        Assert.NotEmpty(reason);
    }

    /// <summary>Whatever bytes come, the answer is a refusal.</summary>
    [Fact]
    public Task Token_OfAnyBytes_IsRefusedWithoutAnException() => CheckRubbishAsync(20_000);

    [Fact]
    [Trait("Category", "Long")]
    public Task Token_OfAnyBytes_AMillionTimes_IsRefusedWithoutAnException() => CheckRubbishAsync(1_000_000);

    private async Task CheckRubbishAsync(int count)
    {
        using var folder = Folder("\"jwks_file\":\"jwks.json\"");
        await using var store = Open(folder);
        var verifier = Create(store);
        var random = new Random(7);
        var good = Issuer.Issue(_time.GetUtcNow());
        for (var i = 0; i < count; i++)
        {
            var text = good.ToCharArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                text[random.Next(text.Length)] = (char)random.Next(1, 256);
            var changed = new string(text, 0, i % 2 == 0 ? text.Length : random.Next(text.Length));
            Assert.True(changed == good || !(await verifier.CheckAsync(changed)).IsKnown, changed);
        }
    }

    private TokenVerifier Create(IdentityStore store) => new(store, FetchAsync, _time, NullLogger<TokenVerifier>.Instance);

    private Task<byte[]> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        _asked.Add(address);
        return Task.FromResult(Encoding.UTF8.GetBytes(_published()));
    }

    private IdentityStore Open(IdentityFolder folder) => IdentityStore.Open(folder.File, _time, NullLogger<IdentityStore>.Instance);

    private static IdentityFolder Folder(string keys) => new IdentityFolder().Write("jwks.json", Issuer.Keys).Write($$"""
        {
          "issuers": [{"issuer":"{{TestIssuer.Name}}","audience":"{{TestIssuer.Audience}}",{{keys}}}],
          "identities": [{"id":"orders","subjects":[{"issuer":"{{TestIssuer.Name}}","subject":"{{TestIssuer.Subject}}"}]}]
        }
        """);
}

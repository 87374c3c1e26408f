using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Tokens;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="TokenVerifier"/>, <see cref="PublishedKeys"/> and <see cref="ProvedTokens"/>.</remarks>
public sealed class TokenVerifierTests : IAsyncDisposable
{
    private const string InFile = "\"jwks_file\":\"jwks.json\"";
    private const string Published = "\"jwks_url\":\"https://issuer.example/keys\"";

    private static readonly TestIssuer Issuer = new();
    private static readonly TestIssuer Stranger = new();

    private readonly FakeTimeProvider _time = new();
    private readonly IdentityFolder _folder = new();
    private readonly List<Uri> _asked = [];
    private Func<string> _published = () => Issuer.Keys;
    private IdentityStore? _store;

    [Fact]
    public async Task Token_IsTakenUntilItExpires_AlsoWhereItWasProvedBefore()
    {
        var verifier = Open(InFile);
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
        var verifier = Open(InFile);
        var token = Issuer.Issue(_time.GetUtcNow());
        Assert.True((await verifier.CheckAsync(token)).IsKnown);

        _folder.Write("jwks.json", Stranger.Keys);
        _store!.Refresh();
        Assert.Equal("the token's signature is by no key of its issuer", (await verifier.CheckAsync(token)).Reason);
    }

    [Fact]
    public async Task Token_WhoseKeyItsIssuerHasWithdrawn_IsRefused_AlsoWhereItWasProvedBefore()
    {
        var verifier = Open(Published);
        var token = Issuer.Issue(_time.GetUtcNow());
        Assert.True((await verifier.CheckAsync(token)).IsKnown);
        Assert.NotNull(verifier.FindProved(_store!.Current, token));

        _published = static () => Stranger.Keys.Replace("\"rsa\"", "\"next\"", StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.Null(verifier.FindProved(_store!.Current, token));
        Assert.Equal("the token's signature is by no key of its issuer", (await verifier.CheckAsync(token)).Reason);
        Assert.Equal(2, _asked.Count);
    }

    /// <summary>An issuer that took its only key back was believed by it for as long as the process ran.</summary>
    [Fact]
    public async Task Token_WhoseIssuerHasWithdrawnItsLastKey_IsRefused_UntilThereIsAnother()
    {
        var verifier = Open(Published);
        var token = Issuer.Issue(_time.GetUtcNow());
        Assert.True((await verifier.CheckAsync(token)).IsKnown);

        _published = static () => """{"keys":[]}""";
        _time.Advance(TimeSpan.FromMinutes(10));
        var refused = await verifier.CheckAsync(token);
        Assert.Equal(("the token's signature is by no key of its issuer", false), (refused.Reason, refused.IsOpen));

        _published = () => Issuer.Keys;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
    }

    [Fact]
    public async Task Token_ThatWasProved_IsProvedAnewAfterAnHour()
    {
        var verifier = Open(InFile);
        var token = Issuer.Issue(_time.GetUtcNow(), change: c => c["exp"] = _time.GetUtcNow().AddHours(5).ToUnixTimeSeconds());
        Assert.True((await verifier.CheckAsync(token)).IsKnown);
        _time.Jump(TimeSpan.FromMinutes(59));
        Assert.NotNull(verifier.FindProved(_store!.Current, token));
        _time.Jump(TimeSpan.FromMinutes(1));
        Assert.Null(verifier.FindProved(_store!.Current, token));
        Assert.True((await verifier.CheckAsync(token)).IsKnown);
        Assert.NotNull(verifier.FindProved(_store!.Current, token));
    }

    [Theory]
    [InlineData(null, 24 * 60, true)]
    [InlineData(null, (24 * 60) + 1, false)]
    [InlineData(-60, 23 * 60, true)]
    [InlineData(-60, (23 * 60) + 1, false)]
    [InlineData((-24 * 60) - 1, 10, false)]
    [InlineData(25 * 60, 26 * 60, false)]
    [InlineData(null, 4_000_000_000L, false)]
    public async Task Token_ThatIsValidForLongerThanADay_IsRefused(int? issuedIn, long expiresIn, bool isTaken)
    {
        var verifier = Open(InFile);
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var token = Issuer.Issue(_time.GetUtcNow(), change: c =>
        {
            c["exp"] = now + (expiresIn * 60);
            if (issuedIn is { } minutes)
                c["iat"] = now + (minutes * 60);
        });

        var answer = await verifier.CheckAsync(token);

        Assert.Equal(isTaken ? null : "the token is valid for longer than 1d", answer.Reason);
    }

    [Fact]
    public async Task Token_OfAnIssuerWithAnotherLongestTime_IsHeldToThat()
    {
        var verifier = Open(InFile + ",\"max_token_lifetime\":\"30m\"");
        Assert.Equal("the token is valid for longer than 30m", (await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).Reason);
    }

    [Fact]
    public async Task Token_WithoutTheNameOfItsKey_IsTaken_WhereItsIssuerHasOneKey()
    {
        var verifier = Open(Published);
        var nameless = Issuer.Issue(_time.GetUtcNow(), header: static h => h.Remove("kid"));
        Assert.Equal("the token names no key (kid), and its issuer has several", (await verifier.CheckAsync(nameless)).Reason);

        _published = static () => new JsonObject { ["keys"] = new JsonArray(JsonNode.Parse(Issuer.Keys)!["keys"]![0]!.DeepClone()) }.ToJsonString();
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True((await verifier.CheckAsync(nameless)).IsKnown);
    }

    [Fact]
    public async Task Keys_ThatSayTheirAlgorithm_ProveNoOther()
    {
        var keys = JsonNode.Parse(Issuer.Keys)!;
        keys["keys"]![0]!["alg"] = "PS256";
        var verifier = Open(InFile, keys.ToJsonString());
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), "PS256"))).IsKnown);
        Assert.False((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), "RS256"))).IsKnown);
        Assert.False((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), "PS384"))).IsKnown);
    }

    /// <summary>A certificate beside a key would bring times of its own, and a key that may be another one.</summary>
    [Fact]
    public async Task Keys_WithCertificates_AreTakenWithoutThem()
    {
        var keys = JsonNode.Parse(Issuer.Keys)!;
        using var signer = System.Security.Cryptography.RSA.Create(2_048);
        using var expired = new System.Security.Cryptography.X509Certificates.CertificateRequest(
                "CN=issuer", signer, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(_time.GetUtcNow().AddYears(-2), _time.GetUtcNow().AddYears(-1));
        keys["keys"]![0]!["x5c"] = new JsonArray(Convert.ToBase64String(expired.RawData));
        var verifier = Open(InFile, keys.ToJsonString());
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
    }

    [Fact]
    public async Task Tokens_OnManyThreads_AreEachJudgedRight()
    {
        var verifier = Open(InFile);
        await Parallel.ForAsync(0, 400, async (i, _) =>
        {
            var (issuer, algorithm) = (i % 2 == 0 ? Issuer : Stranger, TokenKeyReader.Algorithms[i / 2 % TokenKeyReader.Algorithms.Count]);
            string token;
            lock (issuer)
                token = issuer.Issue(_time.GetUtcNow(), algorithm, c => c["jti"] = $"{i}");
            Assert.Equal(i % 2 == 0, (await verifier.CheckAsync(token)).IsKnown);
        });
    }

    [Theory]
    [InlineData("=")]
    [InlineData(" ")]
    [InlineData("\n")]
    public async Task Token_SpeltInAnotherWay_IsRefused_SoThatOneTokenIsRememberedOnce(string addition)
    {
        var verifier = Open(InFile);
        var token = Issuer.Issue(_time.GetUtcNow());

        Assert.False((await verifier.CheckAsync(token.Insert(token.Length - 2, addition))).IsKnown);
        Assert.False((await verifier.CheckAsync(token + addition + addition)).IsKnown);
    }

    [Fact]
    public async Task UnknownKey_IsAskedForAtMostOnceAMinute_AndFoundWhereItsIssuerHasIt()
    {
        var verifier = Open(Published);
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
        for (var i = 0; i < 100; i++)
            Assert.False((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), header: h => h["kid"] = $"made-up-{i}"))).IsKnown);
        Assert.Equal([new Uri("https://issuer.example/keys")], _asked);
        _published = static () => Stranger.Keys.Replace("\"rsa\"", "\"next\"", StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await verifier.CheckAsync(Stranger.Issue(_time.GetUtcNow(), header: static h => h["kid"] = "next"))).IsKnown);
        for (var i = 0; i < 100; i++)
            await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), header: h => h["kid"] = $"made-up-{i}"));
        Assert.Equal(2, _asked.Count);
    }

    /// <summary>Somebody with no token at all had those of everybody proved anew, once a minute.</summary>
    [Fact]
    public async Task UnknownKey_LeavesWhatTheSameKeysHaveProved()
    {
        var verifier = Open(Published);
        var token = Issuer.Issue(_time.GetUtcNow());
        Assert.True((await verifier.CheckAsync(token)).IsKnown);

        _time.Advance(TimeSpan.FromMinutes(1));
        await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), header: static h => h["kid"] = "made-up"));

        Assert.Equal(2, _asked.Count);
        Assert.NotNull(verifier.FindProved(_store!.Current, token));
    }

    /// <summary>Members of every kind where another is expected: the answer is a refusal.</summary>
    [Theory]
    [InlineData("exp", "\"soon\"")]
    [InlineData("exp", "1e300")]
    [InlineData("exp", "-1e300")]
    [InlineData("exp", "9223372036854775807")]
    [InlineData("exp", "[]")]
    [InlineData("nbf", "\"soon\"")]
    [InlineData("nbf", "1e300")]
    [InlineData("nbf", "{}")]
    [InlineData("iat", "1e300")]
    [InlineData("iat", "\"x\"")]
    [InlineData("iss", "7")]
    [InlineData("iss", "[\"https://issuer.example\"]")]
    [InlineData("aud", "{}")]
    [InlineData("aud", "7")]
    [InlineData("sub", "7")]
    [InlineData("sub", "{\"a\":1}")]
    [InlineData("sub", "null")]
    [InlineData("alg", "7")]
    [InlineData("alg", "null")]
    [InlineData("kid", "{}")]
    [InlineData("kid", "[1]")]
    public async Task Token_WithAMemberOfAnotherKind_IsNobodys(string name, string json)
    {
        var verifier = Open(InFile);
        Action<JsonObject> change = members => members[name] = JsonNode.Parse(json);
        var token = name is "alg" or "kid" ? Issuer.Issue(_time.GetUtcNow(), header: change) : Issuer.Issue(_time.GetUtcNow(), change: change);

        Assert.Null((await verifier.CheckAsync(token)).Identity);
    }

    [Theory]
    [InlineData(null)] // it does not answer
    [InlineData("""{"error":"later"}""")]
    [InlineData("{")]
    public async Task Keys_WhileTheIssuerIsAway_StayThoseThatWereRead(string? answer)
    {
        var verifier = Open(Published);
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);

        _published = () => answer ?? throw new HttpRequestException("away");
        _time.Advance(TimeSpan.FromMinutes(20));

        // It is waited for, as the last question was answered.
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
        Assert.Equal(2, _asked.Count);
    }

    /// <summary>One question that failed, as a process began, kept everybody out for a minute.</summary>
    [Fact]
    public async Task Keys_ThatCouldNotBeReadAtFirst_AreReadSecondsLater_AndNobodyIsRefusedUntilThen()
    {
        var verifier = Open(Published);
        _published = static () => throw new HttpRequestException("away");
        var token = Issuer.Issue(_time.GetUtcNow());
        for (var i = 0; i < 10; i++)
            Assert.True((await verifier.CheckAsync(token)).IsOpen);
        Assert.Single(_asked);

        _published = () => Issuer.Keys;
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.True((await verifier.CheckAsync(token)).IsKnown);
        Assert.False((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), header: static h => h["kid"] = "made-up"))).IsOpen);
    }

    [Fact]
    public async Task Keys_AfterTheClockWasSetBack_AreAskedForAndReadAgainInTheirTime()
    {
        var verifier = Open(Published);
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
        _time.Jump(TimeSpan.FromHours(-1));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow(), header: static h => h["kid"] = "made-up"))).IsKnown);
        Assert.Equal(2, _asked.Count);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);
        Assert.Equal(3, _asked.Count);
    }

    [Fact]
    public async Task Keys_WhileTheIssuerDoesNotAnswer_KeepNobodyWaiting_AndTheNextAnswerCounts()
    {
        var verifier = Open(Published);
        var token = Issuer.Issue(_time.GetUtcNow());
        Assert.True((await verifier.CheckAsync(token)).IsKnown);
        _published = static () => throw new HttpRequestException("away");
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True((await verifier.CheckAsync(token)).IsKnown);
        Assert.NotNull(verifier.FindProved(_store!.Current, token));

        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _published = () =>
        {
            asked.SetResult();
            return answer.Task.Result;
        };
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(verifier.FindProved(_store!.Current, token));
        await asked.Task.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.True((await verifier.CheckAsync(token)).IsKnown);
        Assert.True((await verifier.CheckAsync(Issuer.Issue(_time.GetUtcNow()))).IsKnown);

        answer.SetResult(Stranger.Keys.Replace("\"rsa\"", "\"next\"", StringComparison.Ordinal));
        Assert.True((await verifier.CheckAsync(Stranger.Issue(_time.GetUtcNow(), header: static h => h["kid"] = "next"))).IsKnown);
        Assert.False((await verifier.CheckAsync(token)).IsKnown);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"keys":7}""")]
    [InlineData("""{"keys":[7,{"kty":"oct","k":"AAAA"},{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}""")]
    [InlineData("nothing")]
    [InlineData("""{"keys":[{"kty":"\ud800"}]}""")]
    public void Keys_OfOtherKinds_AreNotTaken(string json)
    {
        Assert.False(TokenKeyReader.Read(Encoding.UTF8.GetBytes(json), out var reason) is { Count: > 0 });
        Assert.NotEmpty(reason);
    }

    [Theory]
    [InlineData(128, 0, false)]
    [InlineData(128, 200, false)]
    [InlineData(255, 0, false)]
    [InlineData(256, 0, true)]
    [InlineData(256, 1, true)]
    [InlineData(1_024, 0, true)]
    [InlineData(1_025, 0, false)]
    public void Keys_OfRsa_HaveFrom2048To8192Bits(int bytes, int zeros, bool isTaken)
    {
        var modulus = Base64Url.EncodeToString([.. new byte[zeros], .. Enumerable.Repeat((byte)0xFF, bytes)]);
        var keys = TokenKeyReader.Read(Encoding.UTF8.GetBytes($$"""{"keys":[{"kty":"RSA","n":"{{modulus}}","e":"AQAB"}]}"""), out _);
        Assert.Equal(isTaken ? 1 : 0, keys?.Count);
    }

    /// <summary>Whatever bytes come, the answer is a refusal.</summary>
    [Fact]
    public Task Token_OfAnyBytes_IsRefusedWithoutAnException() => CheckRubbishAsync(20_000, seed: 7);

    [Fact]
    [Trait("Category", "Long")]
    public Task Token_OfAnyBytes_FromAnotherSeed_IsRefusedWithoutAnException() => CheckRubbishAsync(100_000, Random.Shared.Next());

    private async Task CheckRubbishAsync(int count, int seed)
    {
        var verifier = Open(InFile);
        var random = new Random(seed);
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

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Opens a store with one identity, whose issuer has keys.</summary>
    private TokenVerifier Open(string issuer, string? keys = null)
    {
        _folder.Write("jwks.json", keys ?? Issuer.Keys).Write($$"""
            {
              "issuers": [{"issuer":"{{TestIssuer.Name}}","audience":"{{TestIssuer.Audience}}",{{issuer}}}],
              "identities": [{"id":"orders","subjects":[{"issuer":"{{TestIssuer.Name}}","subject":"{{TestIssuer.Subject}}"}]}]
            }
            """);
        _store = IdentityStore.Open(_folder.File, _time, NullLogger<IdentityStore>.Instance);
        return new TokenVerifier(_store, FetchAsync, _time, NullLogger<TokenVerifier>.Instance);
    }

    private Task<byte[]> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        _asked.Add(address);
        return Task.FromResult(Encoding.UTF8.GetBytes(_published()));
    }
}

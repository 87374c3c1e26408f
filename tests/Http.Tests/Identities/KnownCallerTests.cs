using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Tokens;

namespace Orleans.Kpl.Http.Tests.Identities;

public sealed class KnownCallerTests
{
    private const string Records = "/streams/{stream}/records";

    private static readonly TestIssuer Issuer = new();
    private static readonly string Key = ApiKeyText.Create();

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(Records, "orders", true)]
    [InlineData(Records, "others", false)]
    [InlineData("/events", null, true)]
    [InlineData("/usage", null, false)]
    [InlineData("/metrics", null, false)]
    [InlineData("/admin/streams", null, false)] // each call of administration is in the audit's log
    [InlineData("/of-nobody", null, false)]
    public async Task TryAdmit_WithAnApiKey_AdmitsPutsThatItMayMake(string route, string? stream, bool isAdmitted)
    {
        using var folder = Folder();
        await using var store = Open(folder);
        var context = Request(route, stream, Key);

        Assert.Equal(isAdmitted, Create(store).TryAdmit(context));
        Assert.Equal(isAdmitted, context.User.Identity?.IsAuthenticated == true);
    }

    [Fact]
    public async Task TryAdmit_OfPutsWithoutOneGoodCredential_DecidesNothing()
    {
        using var folder = Folder();
        await using var store = Open(folder);
        var known = Create(store);
        var twice = Request(Records, "orders", Key);
        twice.Request.Headers[CallerCredential.KeyHeader] = Key;

        Assert.False(known.TryAdmit(twice));
        Assert.False(known.TryAdmit(Request(Records, "orders", null)));
        Assert.False(known.TryAdmit(Request(Records, "orders", ApiKeyText.Create())));
        Assert.False(known.TryAdmit(Request("/", null, Key)));
        Assert.True(known.TryAdmit(Request("/", null, null)));
    }

    [Fact]
    public async Task TryAdmit_OfAToken_AdmitsItFromItsProofUntilItExpires()
    {
        using var folder = Folder();
        await using var store = Open(folder);
        var tokens = Verifier(store);
        var known = new KnownCaller(new CredentialCheck(store, tokens, _time));
        var token = Issuer.Issue(_time.GetUtcNow());

        Assert.False(known.TryAdmit(Request(Records, "orders", token)));
        Assert.True((await tokens.CheckAsync(token)).IsKnown);
        Assert.True(known.TryAdmit(Request(Records, "orders", token)));
        Assert.False(known.TryAdmit(Request(Records, "orders", token + "x")));
        _time.Jump(TimeSpan.FromHours(2));
        Assert.False(known.TryAdmit(Request(Records, "orders", token)));
    }

    [Fact]
    public async Task TryAdmit_AfterTheIdentitiesChanged_AdmitsNobodyOfTheFormerOnes()
    {
        using var folder = Folder();
        await using var store = Open(folder);
        var known = Create(store);
        Assert.True(known.TryAdmit(Request(Records, "orders", Key)));

        folder.Write(IdentityFolder.FileOf(IdentityFolder.Identity("orders", ApiKeyText.Create(), "produce:orders")));
        store.Refresh();

        Assert.False(known.TryAdmit(Request(Records, "orders", Key)));
    }

    private static IdentityFolder Folder() => new IdentityFolder().Write("jwks.json", Issuer.Keys).Write(
        IdentityFolder.FileOf(IdentityFolder.Identity("orders", Key, "produce:orders", "administer:*", "status:*"))
            .Replace("\"api_keys\"", $"\"subjects\":[{{\"issuer\":\"{TestIssuer.Name}\",\"subject\":\"{TestIssuer.Subject}\"}}],\"api_keys\"", StringComparison.Ordinal)
            .Insert(1, $"\"issuers\":[{{\"issuer\":\"{TestIssuer.Name}\",\"audience\":\"{TestIssuer.Audience}\",\"jwks_file\":\"jwks.json\"}}],"));

    private IdentityStore Open(IdentityFolder folder) => IdentityStore.Open(folder.File, _time, NullLogger<IdentityStore>.Instance);

    private KnownCaller Create(IdentityStore store) => new(new CredentialCheck(store, Verifier(store), _time));

    private TokenVerifier Verifier(IdentityStore store) =>
        new(store, static (_, _) => throw new InvalidOperationException("nobody is asked"), _time, NullLogger<TokenVerifier>.Instance);

    private static DefaultHttpContext Request(string route, string? stream, string? credential)
    {
        var services = new ServiceCollection().Configure<KplHttpOptions>(static o => o.DefaultStream = "orders").BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = services };
        context.Request.Method = route.StartsWith("/admin", StringComparison.Ordinal) ? "GET" : "POST";
        context.SetEndpoint(new RouteEndpoint(static _ => Task.CompletedTask, RoutePatternFactory.Parse(route), 0, null, null));
        if (stream is not null)
            context.Request.RouteValues["stream"] = stream;
        if (credential is not null)
            context.Request.Headers.Authorization = $"Bearer {credential}";
        return context;
    }
}

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

    /// <summary>Whoever sent made-up tokens to a probe had each of them proved, and none was counted as a failure.</summary>
    [Theory]
    [InlineData("/health/live", true)]
    [InlineData("/v1/credentials", true)] // proves by itself, and counts
    [InlineData("/", true)]
    [InlineData("/usage", false)]
    public async Task TryAdmit_OfWhatEverybodyMayGet_ProvesNoCredential(string route, bool isAdmitted)
    {
        using var folder = Folder();
        await using var store = Open(folder);
        var context = Request(route, null, "made.up.token");
        context.Request.Method = "GET";

        Assert.Equal(isAdmitted, Create(store).TryAdmit(context));
        Assert.NotEqual(true, context.User.Identity?.IsAuthenticated);
    }

    private static IdentityFolder Folder() => new IdentityFolder().Write(
        IdentityFolder.FileOf(IdentityFolder.Identity("orders", Key, "produce:orders", "administer:*", "status:*")));

    private IdentityStore Open(IdentityFolder folder) => IdentityStore.Open(folder.File, _time, NullLogger<IdentityStore>.Instance);

    private KnownCaller Create(IdentityStore store) => new(new CredentialCheck(
        store, new(store, static (_, _) => throw new InvalidOperationException("nobody is asked"), _time, NullLogger<TokenVerifier>.Instance), _time));

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

using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Identities;

public sealed class AuditTrailTests
{
    /// <summary>A host of its own authenticates as it likes, and a name may be anything: it must not make up lines.</summary>
    [Theory]
    [InlineData(ClaimTypes.Name, "kate", "kate")]
    [InlineData(KplClaims.Identity, "orders-service", "orders-service")]
    [InlineData(ClaimTypes.Name, "kate\nAudit: POST", "kate\\u000aAudit:\\u0020POST")]
    [InlineData(ClaimTypes.Name, "", "anonymous")]
    public async Task Line_NamesTheUserOfAHost_OnOneLine(string claim, string name, string told)
    {
        using var log = new CapturedLog();
        using var loggers = LoggerFactory.Create(b => b.AddProvider(log));
        await using var services = new ServiceCollection().BuildServiceProvider();
        var context = ContextOf(services);
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(claim, name)], "test"));
        using var audit = new AuditTrail(loggers, TimeProvider.System);

        await audit.RunAsync(context, static _ => Task.CompletedTask);

        Assert.Contains($"Audit: GET /admin/streams by {told} from this process: 200", Assert.Single(log.All), StringComparison.Ordinal);
    }

    /// <summary>Whoever reached the port could fill the log with lines that no level turns off: each of its calls was one.</summary>
    [Fact]
    public async Task Calls_ThatMayNotBeMade_HaveAFewLinesAMinute_AndHideNoOthers()
    {
        const int calls = EventBudget.PerMinute + 5;
        var (admin, other) = (ApiKeyText.Create(), ApiKeyText.Create());
        var folder = new IdentityFolder().Write(
            IdentityFolder.Identity("admin", admin, "administer:*"), IdentityFolder.Identity("other", other, "produce:*"));
        await using var server = await IdentityServer.StartAsync(folder);
        foreach (var (credential, status) in new[] { (null, 401), (other, 403), (admin, 200) })
        {
            for (var i = 0; i < calls; i++)
                Assert.Equal(status, (await server.SendAsync("GET", "/admin/streams/orders/ledger", credential)).Status);
        }

        // A line is written behind its answer.
        await Waiting.UntilAsync(() => CountOf("admin") == calls);
        Assert.Equal((EventBudget.PerMinute, EventBudget.PerMinute), (CountOf("nobody known"), CountOf("other")));

        int CountOf(string caller) => server.Log.Audits.Count(l => l.Contains($" by {caller} from ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Calls_WithoutALine_AreCounted_WhenTheMinuteEnds()
    {
        var (log, time) = (new CapturedLog(), new FakeTimeProvider());
        await using var services = new ServiceCollection().BuildServiceProvider();
        using var audit = new AuditTrail(log, time);
        for (var i = 0; i < EventBudget.PerMinute + 5; i++)
            await audit.RunAsync(ContextOf(services), static _ => Task.CompletedTask);

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(EventBudget.PerMinute + 1, log.Audits.Count);
        Assert.Equal("Audit: 5 more calls of callers who are not known were refused within a minute", log.Audits[^1]);
    }

    /// <summary>An application that maps administration into a group of its own had no lines.</summary>
    [Fact]
    public async Task Call_BelowAPathOfAnApplication_HasItsLine_AndAPageHasNone()
    {
        var log = new CapturedLog();
        await using var services = new ServiceCollection().BuildServiceProvider();
        using var audit = new AuditTrail(log, TimeProvider.System);
        using var failures = new FailureAnswers(NullLogger<FailureAnswers>.Instance, TimeProvider.System);
        var wrapper = new AdminEndpoint(failures, new AdminAccess(Options.Create(new KplHttpOptions())), audit);

        await wrapper.Wrap(static _ => Task.CompletedTask)(OfThisMachine("/kpl/admin/streams"));
        await wrapper.Wrap(static _ => Task.CompletedTask, KnownQuery.Any)(OfThisMachine("/kpl/dashboard"));

        Assert.Equal("Audit: GET /kpl/admin/streams by anonymous from 127.0.0.1: 200", Assert.Single(log.Audits));

        DefaultHttpContext OfThisMachine(string path)
        {
            var context = ContextOf(services, path);
            (context.Connection.RemoteIpAddress, context.Request.Host) = (IPAddress.Loopback, new HostString("localhost"));
            return context;
        }
    }

    private static DefaultHttpContext ContextOf(IServiceProvider services, string path = "/admin/streams")
    {
        var context = new DefaultHttpContext { RequestServices = services };
        context.SetEndpoint(new RouteEndpoint(static _ => Task.CompletedTask, RoutePatternFactory.Parse(path), 0, null, null));
        (context.Request.Method, context.Request.Path) = ("GET", path);
        return context;
    }
}

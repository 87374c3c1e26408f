using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
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
        var context = new DefaultHttpContext
        {
            RequestServices = services, User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(claim, name)], "test")),
        };
        context.SetEndpoint(new RouteEndpoint(static _ => Task.CompletedTask, RoutePatternFactory.Parse("/admin/streams"), 0, null, null));
        (context.Request.Method, context.Request.Path) = ("GET", "/admin/streams");
        var audit = new AuditTrail(loggers);

        await audit.RunAsync(context, static _ => Task.CompletedTask);

        Assert.Contains($"Audit: GET /admin/streams by {told} from this process: 200", Assert.Single(log.All), StringComparison.Ordinal);
    }
}

using System.Text.Json.Nodes;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary><c>GET /usage</c>: what identities have used of this process, to bill them by. Who may look at no stream sees only its own.</summary>
internal sealed class UsageEndpoint(IdentityQuotas quotas)
{
    public const string Path = "/usage";

    public Task AnswerAsync(HttpContext context)
    {
        var rights = CallerRights.Of(context.User);
        var seesAll = rights.May(IdentityRole.Status);
        context.Response.Headers.CacheControl = "no-store";
        return AdminBody.WriteAsync(context, new JsonObject
        {
            ["since"] = quotas.Since,
            ["identities"] = quotas.Usage.Where(u => seesAll || u.Key == rights.Id).OrderBy(static u => u.Key, StringComparer.Ordinal)
                .ToJson(static u => new JsonObject { ["identity"] = u.Key }.With(ToldJson.Tell(u.Value.Read(), IdentityRequests.Default.UsageCounts))),
        });
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Administering;

/// <summary>Decides who may reach <c>/admin</c>: processes of this machine, at the listener for it, and nobody through a proxy.</summary>
internal sealed class AdminAccess(IOptions<KplHttpOptions> options)
{
    /// <summary>Returns why access is denied; null if it is allowed.</summary>
    public string? FindObstacle(HttpContext context)
    {
        if (!options.Value.IsLoopback && !AdminListener.IsUsedBy(context))
            return "/admin is not served here: Kpl:Http:AdminPort gives it an address of its own";
        return LoopbackOnly.FindObstacle(context) ?? FindProxy(context.Request.Headers);
    }

    /// <summary>A proxy on this machine comes from loopback, whoever it speaks for. Most say so.</summary>
    private static string? FindProxy(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || name.Equals("Via", StringComparison.OrdinalIgnoreCase)
                || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Envoy-", StringComparison.OrdinalIgnoreCase))
                return $"/admin answers nothing that came through a proxy, as {name} says";
        }

        return null;
    }
}

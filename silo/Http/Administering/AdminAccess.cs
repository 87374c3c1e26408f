using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Administering;

/// <summary>Decides who may reach <c>/admin</c>: processes of this machine, at the listener for it, and nobody through a proxy.</summary>
internal sealed class AdminAccess(IOptions<KplHttpOptions> options)
{
    /// <summary>Returns why access is denied; null if it is allowed.</summary>
    public string? FindObstacle(HttpContext context)
    {
        // Where it has an address of its own, no other serves it: a proxy on this machine that says nothing of itself looks like a program of it.
        if ((!options.Value.IsLoopback || options.Value.AdminPort >= 0) && !AdminListener.IsUsedBy(context))
            return "/admin is not served here: Kpl:Http:AdminPort gives it an address of its own";
        if (LoopbackOnly.FindObstacle(context) is { } elsewhere)
            return elsewhere;
        // A proxy on this machine comes from loopback, whoever it speaks for. Most say so.
        return ProxyHeaders.Find(context.Request.Headers) is { } header ? $"/admin answers nothing that came through a proxy, as {header} says" : null;
    }
}

using System.Net;
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
        var asked = LoopbackOnly.AskedFor(context);
        // Where administration has an address of its own, no other serves it: a proxy on this machine that says nothing of itself looks like a program of it.
        if ((!options.Value.IsLoopback || options.Value.AdminPort >= 0) && !AdminListener.IsUsedBy(context))
            return $"{asked} is not served here: " + (options.Value.AdminPort < 0
                ? "Kpl:Http:AdminPort, such as --Kpl:Http:AdminPort=8081, gives it an address of its own on the tier's machine"
                : $"it is on the tier's machine at Kpl:Http:AdminPort, which the line 'ready' shows as {asked[1..]}=; kpl takes that by --admin or KPL_ADMIN");
        if (LoopbackOnly.FindObstacle(context) is { } elsewhere)
            return elsewhere;
        // A proxy on this machine comes from loopback, whoever it speaks for. Most say so.
        return ProxyHeaders.Find(context.Request.Headers) is { } header ? $"{asked} answers nothing that came through a proxy, as {header} says" : null;
    }
}

/// <summary>Restricts <c>/admin</c> to processes of this machine, and rejects web pages open in a browser of this machine.</summary>
internal static class LoopbackOnly
{
    /// <summary>Returns why access is denied; null if it is allowed.</summary>
    public static string? FindObstacle(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } remote || !TrustedProxies.IsLoopback(remote))
            return $"{AskedFor(context)} answers on loopback only: ask on the tier's own machine, or through a tunnel to it";
        // A page of another site, of another port of this machine too, reaches loopback through the browser: it sends its Origin, or uses a host name of its
        // own.
        if (!IsLoopback(context.Request.Host.Host))
            return $"{AskedFor(context)} answers under a loopback address or localhost only, not '{context.Request.Host.Host}'";
        return context.Request.Headers.Origin.All(o => Uri.TryCreate(o, UriKind.Absolute, out var site) && RequestGuard.IsOfAuthority(site, context.Request))
            ? null
            : $"{AskedFor(context)} answers no pages of other sites";
    }

    /// <summary>The part of administration that a request is for.</summary>
    public static string AskedFor(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/dashboard", StringComparison.Ordinal) ? "/dashboard" : "/admin";

    /// <summary>Whether a host name or address stands for this machine.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

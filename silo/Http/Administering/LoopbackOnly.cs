using System.Net;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Guarding;

namespace Orleans.Kpl.Http.Administering;

/// <summary>Restricts <c>/admin</c> to processes of this machine, and rejects web pages open in a browser of this machine.</summary>
internal static class LoopbackOnly
{
    /// <summary>Returns why access is denied; null if it is allowed.</summary>
    public static string? FindObstacle(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote))
            return "/admin answers on loopback only";
        // A page of another site, of another port of this machine too, reaches loopback through the browser: it sends its Origin, or uses a host name of its
        // own.
        if (!IsLoopback(context.Request.Host.Host))
            return $"/admin answers under a loopback address or localhost only, not '{context.Request.Host.Host}'";
        foreach (var origin in context.Request.Headers.Origin)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var site) || !RequestGuard.IsOfAuthority(site, context.Request))
                return "/admin answers no pages of other sites";
        }

        return null;
    }

    /// <summary>Whether a host name or address stands for this machine.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

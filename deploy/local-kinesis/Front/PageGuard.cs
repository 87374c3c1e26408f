using System.Net;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Keeps the pages that show all records and arm faults for processes of this machine: no other machine, no page in a browser.</summary>
internal static class PageGuard
{
    /// <summary>Why a request is refused; null where it may go on.</summary>
    public static string? FindObstacle(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote))
            return "These pages answer on loopback only.";
        // A name without a dot ends in no domain that the owner of a page could have led here.
        if (context.Request.Host.Host is var host && !IsLoopback(host) && host.AsSpan().ContainsAny('.', ':'))
            return $"These pages answer under a loopback address or localhost only, not '{host}'.";
        foreach (var origin in context.Request.Headers.Origin)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var page) || !IsLoopback(page.Host))
                return "These pages answer no pages of other sites.";
        }

        return null;
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

using System.Net;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Http.Guarding;

/// <summary>Refuses requests that pages of other sites make through a browser, and those for a listener that serves something else.</summary>
internal sealed class RequestGuard(IOptions<KplHttpOptions> options)
{
    private readonly HostList _hosts = new(options.Value.Hosts);

    /// <summary>Returns why the request is refused with 403; null where it may go on.</summary>
    public string? FindObstacle(HttpContext context)
    {
        var request = context.Request;
        if (!_hosts.Allows(request.Host.Host))
            return $"this process does not serve the host '{request.Host.Host}' (Kpl:Http:Hosts)";
        foreach (var origin in request.Headers.Origin)
        {
            if (!IsOwn(origin, request))
                return "this process answers no pages of other sites";
        }

        // Whoever follows a link from another site only looks.
        var changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        return changes && request.Headers["Sec-Fetch-Site"] == "cross-site" ? "this process answers no pages of other sites" : null;
    }

    /// <summary>Whether a page came from the very address that it asks now.</summary>
    public static bool IsOfAuthority(Uri site, HttpRequest request) => site.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a page is this process' own, or of a host that the settings name. Other ports of this machine are other sites.</summary>
    private bool IsOwn(string? origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var site)
        && (IsOfAuthority(site, request) || _hosts.Names(site.Host));
}

/// <summary>
/// The host names that requests may be for. A page of another site reaches this process through the browser under a name of its own that it has led
/// here; such a name has a dot, and ends in a domain that somebody can own.
/// </summary>
internal sealed class HostList(IReadOnlyList<string> hosts)
{
    private static readonly string[] OwnedByNobody = [".localhost", ".svc", ".cluster.local"];

    private readonly string[] _ends = [.. hosts.Where(static h => h.StartsWith("*.", StringComparison.Ordinal)).Select(static h => h[1..])];

    /// <summary>Whether the list can have that entry.</summary>
    public static bool IsFit(string entry) => entry == "*"
        || Uri.CheckHostName(entry.StartsWith("*.", StringComparison.Ordinal) ? entry[2..] : entry) != UriHostNameType.Unknown;

    /// <summary>Whether requests may be for that host. One that names none, as in HTTP/1.0, comes from no browser.</summary>
    public bool Allows(string host) =>
        !host.Contains('.', StringComparison.Ordinal) && !host.Contains(':', StringComparison.Ordinal)
        || IPAddress.TryParse(host.AsSpan().Trim("[]"), out _)
        || host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase)
        || hosts.Contains("*")
        || IsBelow(OwnedByNobody, host)
        || Names(host)
        // The same name: whoever ends it with a dot has it looked up as it is, and in no domain of its own machine.
        || (host is [.., not '.', '.'] && Allows(host[..^1]));

    /// <summary>Whether an entry names that host, alone or with all others of its domain. The star alone names none.</summary>
    public bool Names(string host) => hosts.Contains(host, StringComparer.OrdinalIgnoreCase) || IsBelow(_ends, host);

    private static bool IsBelow(string[] ends, string host) =>
        Array.Exists(ends, e => host.Length > e.Length && host.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}

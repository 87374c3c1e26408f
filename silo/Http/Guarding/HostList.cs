using System.Net;

namespace Orleans.Kpl.Http.Guarding;

/// <summary>
/// The host names that requests may be for. A page of another site reaches this process through the browser under a name of its own that it has led
/// here; such a name has a dot, and ends in a domain that somebody can own.
/// </summary>
internal sealed class HostList(IReadOnlyList<string> hosts)
{
    private static readonly string[] OwnedByNobody = [".localhost", ".svc", ".cluster.local"];

    private readonly HashSet<string> _names = new([Environment.MachineName, .. hosts], StringComparer.OrdinalIgnoreCase);
    private readonly string[] _ends = [.. hosts.Where(static h => h.StartsWith("*.", StringComparison.Ordinal)).Select(static h => h[1..]), .. OwnedByNobody];

    /// <summary>Whether the list can have that entry.</summary>
    public static bool IsFit(string entry) => entry == "*"
        || Uri.CheckHostName(entry.StartsWith("*.", StringComparison.Ordinal) ? entry[2..] : entry) != UriHostNameType.Unknown;

    /// <summary>Whether requests may be for that host. One that names none, as in HTTP/1.0, comes from no browser.</summary>
    public bool Allows(string host) =>
        !host.Contains('.', StringComparison.Ordinal) && !host.Contains(':', StringComparison.Ordinal)
        || IPAddress.TryParse(host.AsSpan().Trim("[]"), out _)
        || _names.Contains(host)
        || _names.Contains("*")
        || Array.Exists(_ends, e => host.Length > e.Length && host.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}

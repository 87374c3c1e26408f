using System.Net;

namespace Orleans.Kpl.Http.Guarding;

/// <summary>The proxies and load balancers that clients come through. What is limited by address leaves out theirs, and loopback.</summary>
internal sealed class TrustedProxies(IEnumerable<string> entries)
{
    private readonly IPNetwork[] _networks = [.. entries.Select(static e => Parse(e) ?? throw new FormatException($"'{e}' is neither an address nor a network"))];

    /// <summary>Whether the list can have that entry: an address, or a network as 10.0.0.0/8.</summary>
    public static bool IsFit(string entry) => Parse(entry) is not null;

    /// <summary>Whether many clients may have that address. What has none comes from this process.</summary>
    public bool Has(IPAddress? remote) => remote is null || IsLoopback(remote) || Names(remote);

    /// <summary>Whether the settings name that address.</summary>
    public bool Names(IPAddress? remote) => remote is not null && Array.Exists(_networks, n => n.Contains(Plain(remote)));

    /// <summary>Whether an address is one of this machine alone, in whichever form it is written.</summary>
    public static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(Plain(address));

    /// <summary>The address that is counted as one: of IPv6 its network, for who has one address there has 2^64.</summary>
    public static IPAddress KeyOf(IPAddress remote)
    {
        var address = Plain(remote);
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPNetwork? Parse(string entry) => IPNetwork.TryParse(entry, out var network) ? network
        : IPAddress.TryParse(entry, out var address) ? new IPNetwork(Plain(address), Plain(address).GetAddressBytes().Length * 8) : null;
}

/// <summary>
/// The headers by which a proxy says that a request came through it, and those by which ASP.NET Core's middleware for such headers says that it has taken them
/// away: the address that it has put in the place of the connection's own may be anybody's word.
/// </summary>
internal static class ProxyHeaders
{
    /// <summary>Returns the name of the first one of a request; null if it has none.</summary>
    public static string? Find(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || name.Equals("Via", StringComparison.OrdinalIgnoreCase)
                || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Envoy-", StringComparison.OrdinalIgnoreCase))
                return name;
        }

        return null;
    }
}

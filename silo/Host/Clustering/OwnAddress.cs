using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>An IPv4 address of this machine.</summary>
/// <param name="Network">The network interface that has it, such as eth0.</param>
/// <param name="HasGateway">Whether that leads to other networks. Bridges of containers do not, and each machine has the same addresses there.</param>
internal sealed record OwnAddress(string Network, IPAddress Address, bool HasGateway)
{
    /// <summary>Returns all that this machine has on networks that are up.</summary>
    public static IEnumerable<OwnAddress> FindAll() =>
        from network in NetworkInterface.GetAllNetworkInterfaces()
        where network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback
        let properties = network.GetIPProperties()
        let hasGateway = properties.GatewayAddresses.Any(static g => g.Address.AddressFamily == AddressFamily.InterNetwork && !g.Address.Equals(IPAddress.Any))
        from own in properties.UnicastAddresses
        select new OwnAddress(network.Name, own.Address, hasGateway);

    /// <summary>Returns the addresses that others may reach, the one to take first; those without a gateway only where none has one.</summary>
    public static IReadOnlyList<OwnAddress> Choose(IEnumerable<OwnAddress> all)
    {
        var usable = all.Where(static a => a.Address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a.Address) && !IsLinkLocal(a.Address))
            .OrderBy(static a => a.Address.ToString(), StringComparer.Ordinal).ToList();
        var withGateway = usable.Where(static a => a.HasGateway).ToList();
        return withGateway.Count > 0 ? withGateway : usable;
    }

    public override string ToString() => $"{Address} ({Network})";

    private static bool IsLinkLocal(IPAddress address) => address.GetAddressBytes() is [169, 254, ..];
}

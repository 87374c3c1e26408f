using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>
/// The endpoints at which other silos and clients reach this silo. Orleans must know its ports before it starts, and would share a
/// port that another process uses. Both ports are therefore reserved here and held until Orleans listens.
/// </summary>
internal sealed class SiloEndpoints : IDisposable
{
    private readonly Socket[] _reserved;

    private SiloEndpoints(Socket silo, Socket gateway, string? warning) => (_reserved, Warning) = ([silo, gateway], warning);

    public IPEndPoint Silo => (IPEndPoint)_reserved[0].LocalEndPoint!;

    public IPEndPoint Gateway => (IPEndPoint)_reserved[1].LocalEndPoint!;

    /// <summary>Why the address may not be the one that was meant; null without a doubt.</summary>
    public string? Warning { get; }

    /// <summary>Reserves both ports.</summary>
    /// <exception cref="StartException">Others cannot reach the address, it is not this machine's, or a port is in use; reports all errors.</exception>
    public static SiloEndpoints Take(KplClusterOptions options) => Take(options, Hold, Dns.GetHostAddresses);

    /// <param name="hold">Reserves one port.</param>
    /// <param name="lookUp">Returns the addresses of a name.</param>
    internal static SiloEndpoints Take(KplClusterOptions options, Func<IPEndPoint, Socket> hold, Func<string, IPAddress[]> lookUp)
    {
        var (address, warning) = FindAddress(options, lookUp);
        var errors = new List<string>();
        var silo = TryTake("The silo", options.SiloPort, "--Kpl:Cluster:SiloPort");
        var gateway = TryTake("The gateway", options.GatewayPort, "--Kpl:Cluster:GatewayPort");
        if (silo is not null && gateway is not null)
            return new SiloEndpoints(silo, gateway, warning);
        silo?.Dispose();
        gateway?.Dispose();
        throw new StartException(errors);

        Socket? TryTake(string who, int port, string option)
        {
            const string whereNoSuch = "--Kpl:Cluster:AdvertisedAddress takes one that it has";
            var taken = PortCheck.Find(who, address, port, option, whereNoSuch).ToList();
            errors.AddRange(taken);
            if (taken.Count > 0)
                return null;
            var endpoint = new IPEndPoint(address, port);
            try
            {
                return hold(endpoint);
            }
            catch (SocketException error)
            {
                // Another process was quicker, or Windows keeps the port for itself.
                errors.Add(PortCheck.Describe(who, endpoint, error, option, whereNoSuch));
                return null;
            }
        }
    }

    public void Dispose()
    {
        foreach (var socket in _reserved)
            socket.Dispose();
    }

    /// <summary>Reserves a port that no other process uses, without listening on it, so that Orleans can.</summary>
    private static Socket Hold(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(endpoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Names all addresses of which one was taken; null for a single one.</summary>
    internal static string? WarningOf(IReadOnlyList<OwnAddress> usable) => usable.Count < 2 ? null :
        $"Kpl:Cluster:AdvertisedAddress is not set, and this machine has {string.Join(", ", usable)}: the silo takes {usable[0]}";

    private static (IPAddress Address, string? Warning) FindAddress(KplClusterOptions options, Func<string, IPAddress[]> lookUp)
    {
        if (options.AdvertisedAddress is not { } name)
            return options.Membership == ClusterMembership.Localhost ? (IPAddress.Loopback, null) : FindOwn();
        return (IPAddress.TryParse(name, out var address) ? address : Resolve(name, options.Membership, lookUp), null);
    }

    private static IPAddress Resolve(string name, ClusterMembership membership, Func<string, IPAddress[]> lookUp)
    {
        IPAddress[] found;
        try
        {
            found = lookUp(name);
        }
        catch (Exception error) when (error is SocketException or InvalidOperationException)
        {
            // A machine may start before its network.
            throw new StartException([$"Kpl:Cluster:AdvertisedAddress is '{name}': {error.Message}"], error) { MayPass = true };
        }

        var address = found.OrderBy(IPAddress.IsLoopback).ThenBy(static a => a.AddressFamily != AddressFamily.InterNetwork).FirstOrDefault()
            ?? throw new StartException([$"Kpl:Cluster:AdvertisedAddress is '{name}': it has no address"]) { MayPass = true };
        // On Debian a machine's own name is 127.0.1.1. Whoever means this machine alone says so.
        var isMeant = string.Equals(name.Split('.')[0], "localhost", StringComparison.OrdinalIgnoreCase);
        if (membership != ClusterMembership.Localhost && !isMeant && IPAddress.IsLoopback(address))
            throw new StartException([$"Kpl:Cluster:AdvertisedAddress is '{name}', which is {address} here: it must be an address that others can reach"]);
        return address;
    }

    private static (IPAddress Address, string? Warning) FindOwn()
    {
        var usable = OwnAddress.Choose(OwnAddress.FindAll());
        if (usable.Count == 0)
            throw new StartException(["Kpl:Cluster:AdvertisedAddress must be set: this machine has no IPv4 address of its own"]) { MayPass = true };
        return (usable[0].Address, WarningOf(usable));
    }
}

using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Host.Clustering;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Host.Tests.Clustering;

public sealed class SiloEndpointsTests
{
    [Fact]
    public void Take_WithPort0_HoldsTwoFreeOnesThatOrleansCanListenAt()
    {
        using var endpoints = SiloEndpoints.Take(new KplClusterOptions { SiloPort = 0, GatewayPort = 0 });

        Assert.Equal((IPAddress.Loopback, IPAddress.Loopback), (endpoints.Silo.Address, endpoints.Gateway.Address));
        Assert.NotEqual(endpoints.Silo.Port, endpoints.Gateway.Port);
        using var orleans = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        orleans.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        orleans.Bind(endpoints.Gateway);
        orleans.Listen();
        using var client = new TcpClient();
        client.Connect(endpoints.Gateway);
        using var accepted = orleans.Accept();
        Assert.Equal(((IPEndPoint)client.Client.LocalEndPoint!).Port, ((IPEndPoint)accepted.RemoteEndPoint!).Port);
    }

    [Fact]
    public void Take_WhenAnotherSiloListensThere_SeesIt()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var error = Assert.Throws<StartException>(
            () => SiloEndpoints.Take(new KplClusterOptions { SiloPort = ((IPEndPoint)other.LocalEndPoint!).Port, GatewayPort = 0 }));
        Assert.StartsWith("The silo cannot listen on ", Assert.Single(error.Errors), StringComparison.Ordinal);
        Assert.False(error.MayPass);
    }

    /// <summary>It advised 0.0.0.0, which other silos cannot reach, and which the settings refuse.</summary>
    [Fact]
    public void Take_WithAnAddressOfAnotherMachine_AdvisesOneOfItsOwn()
    {
        var options = new KplClusterOptions { SiloPort = 0, GatewayPort = 0, AdvertisedAddress = "192.0.2.1" };
        var advice = "192.0.2.1:0: this machine has no such address; --Kpl:Cluster:AdvertisedAddress takes one that it has";
        Assert.Equal(
            [$"The silo cannot listen on {advice}", $"The gateway cannot listen on {advice}"],
            Assert.Throws<StartException>(() => SiloEndpoints.Take(options)).Errors);
    }

    /// <summary>After a power cut the silo was quicker than the network: it ended with exit code 2, after which systemd starts nothing again.</summary>
    [Fact]
    public void Take_WithAName_FindsItsAddress_OrMayFindItLater()
    {
        using var endpoints = SiloEndpoints.Take(new KplClusterOptions { SiloPort = 0, GatewayPort = 0, AdvertisedAddress = "localhost" });
        Assert.True(IPAddress.IsLoopback(endpoints.Silo.Address));
        var error = Assert.Throws<StartException>(() => SiloEndpoints.Take(new KplClusterOptions { AdvertisedAddress = "nowhere.invalid" }));
        Assert.StartsWith("Kpl:Cluster:AdvertisedAddress is 'nowhere.invalid': ", Assert.Single(error.Errors), StringComparison.Ordinal);
        Assert.True(error.MayPass);
    }

    /// <summary>On Debian a machine's own name is 127.0.1.1: silos of two machines took each other for themselves, or for dead.</summary>
    [Fact]
    public void Take_WithANameForLoopback_IsRefusedWhereOthersMustReachIt()
    {
        var options = new KplClusterOptions { SiloPort = 0, GatewayPort = 0, AdvertisedAddress = "silo-1", Membership = ClusterMembership.DynamoDb };
        var error = Assert.Throws<StartException>(() => Take());
        Assert.Equal(
            ["Kpl:Cluster:AdvertisedAddress is 'silo-1', which is 127.0.1.1 here: it must be an address that others can reach"], error.Errors);
        Assert.False(error.MayPass);
        foreach (var here in (string[])["localhost", "Localhost", "localhost.localdomain", "127.0.0.1"])
        {
            options.AdvertisedAddress = here;
            Take();
        }

        void Take() => SiloEndpoints.Take(
            options, SocketOf, static n => [IPAddress.Parse(n == "silo-1" ? "127.0.1.1" : "127.0.0.1")]).Dispose();
    }

    /// <summary>The address that others reach stood behind the machine's own, and the name was refused.</summary>
    [Fact]
    public void Take_WithANameOfSeveralAddresses_TakesTheFirstThatOthersCanReach()
    {
        var options = new KplClusterOptions { SiloPort = 0, GatewayPort = 0, AdvertisedAddress = "silo-1", Membership = ClusterMembership.DynamoDb };
        var error = Assert.Throws<StartException>(() => SiloEndpoints.Take(
            options, SocketOf, static _ => [.. new[] { "127.0.1.1", "2001:db8::1", "192.0.2.1", "192.0.2.2" }.Select(IPAddress.Parse)]));
        Assert.StartsWith("The silo cannot listen on 192.0.2.1:0: this machine has no such address", error.Errors[0], StringComparison.Ordinal);
    }

    /// <summary>Between the check and the reservation another process may take a port. The silo aborted, and kept the other port.</summary>
    [Fact]
    public void Take_WhereAPortIsTakenMeanwhile_NamesItsSetting_AndLetsTheOtherGo()
    {
        List<Socket> held = [];
        KplClusterOptions options = new() { SiloPort = 0, GatewayPort = 0 };
        var error = Assert.Throws<StartException>(() => SiloEndpoints.Take(options, Hold, Dns.GetHostAddresses));
        Assert.StartsWith("The gateway cannot listen on 127.0.0.1:0: the port is taken", Assert.Single(error.Errors), StringComparison.Ordinal);
        Assert.Contains("--Kpl:Cluster:GatewayPort", error.Errors[0], StringComparison.Ordinal);
        Assert.True(Assert.Single(held).SafeHandle.IsClosed);

        Socket Hold(IPEndPoint endpoint)
        {
            if (held.Count > 0)
                throw new SocketException((int)SocketError.AddressAlreadyInUse);
            held.Add(SocketOf(endpoint));
            return held[0];
        }
    }

    private static Socket SocketOf(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(endpoint);
        return socket;
    }
}

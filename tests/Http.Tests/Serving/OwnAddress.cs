using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>An address of this machine that is not loopback's, for loopback is not limited.</summary>
internal static class OwnAddress
{
    /// <summary>Returns one; where there is none the test is skipped.</summary>
    public static IPAddress Find()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces().Where(static i => i.OperationalStatus == OperationalStatus.Up)
            .SelectMany(static i => i.GetIPProperties().UnicastAddresses).Select(static a => a.Address)
            .FirstOrDefault(static a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Assert.SkipWhen(own is null, "this machine has no address but loopback's");
        return own!;
    }
}

using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Testing;

/// <summary>An address where nobody listens.</summary>
internal static class DeadEndpoint
{
    /// <summary>One whose port was free a moment ago.</summary>
    public static string Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}";
    }
}

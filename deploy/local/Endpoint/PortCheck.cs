using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Http;

namespace Orleans.Kpl.Local.Endpoint;

/// <summary>Tries a port without serving on it.</summary>
internal static class PortCheck
{
    /// <summary>The error, or none when the port is free.</summary>
    public static IEnumerable<string> Find(KplHttpOptions options)
    {
        using var listener = new TcpListener(IPAddress.Parse(options.Address), options.Port);
        try
        {
            listener.Start();
            return [];
        }
        catch (SocketException error)
        {
            return [$"HTTP cannot listen on {listener.LocalEndpoint}: {error.Message}"];
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Tries a port without serving on it.</summary>
internal static class PortCheck
{
    /// <summary>Returns an error for each of the HTTP ports that is not free.</summary>
    public static IEnumerable<string> Find(KplHttpOptions options)
    {
        var ofRecords = Find("HTTP", IPAddress.Parse(options.Address), options.Port);
        return options.AdminPort < 0 ? ofRecords : ofRecords.Concat(Find("Administration", IPAddress.Parse(options.AdminAddress), options.AdminPort));
    }

    /// <summary>Returns the error, or nothing when the port is free.</summary>
    /// <param name="who">The component that wants to listen there.</param>
    /// <param name="address">An address of this machine.</param>
    /// <param name="port">The port; 0, which means any free port, counts as free.</param>
    public static IEnumerable<string> Find(string who, IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return [];
        }
        catch (SocketException error)
        {
            return [$"{who} cannot listen on {listener.LocalEndpoint}: {error.Message}"];
        }
    }
}

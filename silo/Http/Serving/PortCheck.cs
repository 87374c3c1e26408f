using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Tries a port without serving on it.</summary>
internal static class PortCheck
{
    /// <summary>Returns an error for each of the HTTP ports that is not free.</summary>
    public static IEnumerable<string> Find(KplHttpOptions options)
    {
        var errors = Find("HTTP", IPAddress.Parse(options.Address), options.Port);
        if (options.AdminPort >= 0)
            errors = errors.Concat(Find("Administration", IPAddress.Parse(options.AdminAddress), options.AdminPort));
        return options.HealthPort < 0 ? errors : errors.Concat(Find("Health", IPAddress.Parse(options.Address), options.HealthPort));
    }

    private static string AdviceFor(SocketException error) => error.SocketErrorCode == SocketError.AddressAlreadyInUse
        ? ": another tier may run there; another port does it, and 0 takes a free one"
        : "";

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
            return [$"{who} cannot listen on {listener.LocalEndpoint}: {error.Message}{AdviceFor(error)}"];
        }
    }
}

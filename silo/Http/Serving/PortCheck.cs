using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Tries a port without serving on it.</summary>
internal static class PortCheck
{
    private const string AnyAddress = "0.0.0.0 stands for all that it has";

    /// <summary>Returns an error for each of the HTTP ports that is not free.</summary>
    /// <param name="option">The argument that chooses the port of records.</param>
    public static IEnumerable<string> Find(KplHttpOptions options, string option = "--Kpl:Http:Port")
    {
        var address = IPAddress.Parse(options.Address);
        var errors = Find("HTTP", address, options.Port, option);
        if (options.AdminPort >= 0)
            errors = errors.Concat(Find("Administration", IPAddress.Parse(options.AdminAddress), options.AdminPort, "--Kpl:Http:AdminPort"));
        return options.HealthPort < 0 ? errors : errors.Concat(Find("Health", address, options.HealthPort, "--Kpl:Http:HealthPort"));
    }

    /// <summary>Returns the error, or nothing when the port is free.</summary>
    /// <param name="who">The component that wants to listen there.</param>
    /// <param name="port">The port; 0, which means any free port, counts as free.</param>
    /// <param name="option">The argument that chooses the port.</param>
    /// <param name="whereNoSuch">What to do where the address is not this machine's.</param>
    public static IEnumerable<string> Find(string who, IPAddress address, int port, string option, string whereNoSuch = AnyAddress)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return [];
        }
        catch (SocketException error)
        {
            return [Describe(who, (IPEndPoint)listener.LocalEndpoint, error, option, whereNoSuch)];
        }
    }

    /// <summary>Returns the error of a port that could not be taken.</summary>
    public static string Describe(string who, IPEndPoint endpoint, SocketException error, string option, string whereNoSuch) =>
        $"{who} cannot listen on {endpoint}: {ReasonOf(error, option, whereNoSuch)}";

    private static string ReasonOf(SocketException error, string option, string whereNoSuch) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => $"the port is taken, perhaps by a tier that runs or still drains; {option} names another, and 0 takes a free one",
        SocketError.AddressNotAvailable => $"this machine has no such address; {whereNoSuch}",
        _ => error.Message,
    };
}

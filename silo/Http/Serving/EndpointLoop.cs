using System.Net;
using System.Net.NetworkInformation;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// Finds a process that would send to itself. Its Kinesis front takes each record that it sends as a new one, until their times-to-live are over.
/// </summary>
internal static class EndpointLoop
{
    /// <summary>Returns an error where Kinesis' endpoint is the address at which the process takes records; null otherwise.</summary>
    public static string? Find(KplHttpOptions options, Uri endpoint) => endpoint.Port == options.Port && IsOwn(options, endpoint)
        ? $"Kinesis' endpoint is {endpoint.GetLeftPart(UriPartial.Authority)}, where this process itself listens: Kpl:Kinesis:EndpointUrl or AWS's "
            + "variable AWS_ENDPOINT_URL_KINESIS must name Kinesis, or Kpl:Http:Port another port"
        : null;

    private static bool IsOwn(KplHttpOptions options, Uri endpoint)
    {
        var listening = IPAddress.Parse(options.Address);
        var isAll = listening.Equals(IPAddress.Any) || listening.Equals(IPAddress.IPv6Any);
        if (!IPAddress.TryParse(endpoint.DnsSafeHost, out var named))
            return endpoint.IsLoopback && (isAll || options.IsLoopback); // localhost
        return named.Equals(listening) || (isAll && (IPAddress.IsLoopback(named) || IsOfThisMachine(named)));
    }

    private static bool IsOfThisMachine(IPAddress address) =>
        NetworkInterface.GetAllNetworkInterfaces().Any(i => i.GetIPProperties().UnicastAddresses.Any(a => a.Address.Equals(address)));
}

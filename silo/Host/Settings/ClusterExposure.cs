using System.Net;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http;

namespace Orleans.Kpl.Host.Settings;

/// <summary>The rules for opening a silo's ports to other machines: whoever speaks to them without TLS may do everything.</summary>
internal static class ClusterExposure
{
    private const string Way = "others reach the silo's ports, where everybody may do everything";

    /// <summary>Returns every error, also those of the files that the settings name.</summary>
    public static IReadOnlyList<string> FindErrors(KplClusterOptions options)
    {
        var ofFiles = ClusterFiles.FindErrors(options, TimeProvider.System, isSilo: true);
        return !IsOpen(options) || options.AllowPlaintext ? ofFiles :
        [
            .. ofFiles,
            $"Kpl:Cluster:AdvertisedAddress {Describe(options)}: {Way}. Name certificates with Kpl:Cluster:CertificateFile and "
            + "Kpl:Cluster:SiloCaCertFile, or say with Kpl:Cluster:AllowPlaintext=true that nobody else is on that network",
        ];
    }

    public static IReadOnlyList<string> FindWarnings(KplClusterOptions options) =>
        IsOpen(options) && options.AllowPlaintext ? [$"Kpl:Cluster:AllowPlaintext is true and Kpl:Cluster:AdvertisedAddress {Describe(options)}: {Way}"] : [];

    /// <summary>Whether the ports are open to other machines without TLS. With localhost membership they never are.</summary>
    private static bool IsOpen(KplClusterOptions options) =>
        options is { Membership: ClusterMembership.DynamoDb, Tls: null } && !IsLoopback(options.AdvertisedAddress);

    private static bool IsLoopback(string? name) =>
        name == "localhost" || IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address);

    private static string Describe(KplClusterOptions options) =>
        options.AdvertisedAddress is { } address ? $"is '{address}'" : "is not set: it is the machine's own";
}

/// <summary>The settings of HTTP's clients that do not hold at the silo's own ports.</summary>
internal static class TwoDoors
{
    /// <summary>Returns an error where whoever HTTP believes could pass for a silo. What is wrong with the files themselves is told elsewhere.</summary>
    public static IEnumerable<string> FindErrors(KplClusterOptions cluster, KplHttpOptions http)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (cluster.Tls is { SiloCaCertFile: not null } ports && http.Tls is { ClientCaCertFile: not null } front
            && ports.Read(now).State?.Silos is { } silos && front.Read(now).State?.Clients is { } clients && silos.Overlaps(clients))
            yield return "Kpl:Http:ClientCaCertFile has a root of Kpl:Cluster:SiloCaCertFile too: whoever it signs could pass for a silo";
    }

    public static IEnumerable<string> FindWarnings(KplClusterOptions cluster, KplHttpOptions http)
    {
        if (cluster is { Tls: not null, ClientCaCertFile: not null, ClientNames.Count: 0 } && http.Identities is not null)
        {
            yield return "Kpl:Cluster:ClientNames is not set: whoever has a certificate of Kpl:Cluster:ClientCaCertFile may put into every stream, "
                + "whatever Kpl:Http:Identities grants";
        }
    }
}

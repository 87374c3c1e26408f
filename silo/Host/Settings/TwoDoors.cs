using Orleans.Kpl.Http;

namespace Orleans.Kpl.Host.Settings;

/// <summary>Where what is said of HTTP's clients does not hold at the silo's own ports.</summary>
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

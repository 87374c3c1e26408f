using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Certificates;

/// <summary>The files that settings of a cluster name.</summary>
internal static class ClusterFiles
{
    /// <summary>Returns the errors of all: certificates, keys and roots.</summary>
    public static IReadOnlyList<string> FindErrors(KplClusterOptions options, TimeProvider time)
    {
        IReadOnlyList<string> ofTls = options.Tls is { SiloCaCertFile: not null } tls ? tls.Read(time.GetUtcNow()).Errors : [];
        return options.AdminKeyFile is { } keys && AdminKeys.Read(keys, out var error) is null ? [.. ofTls, error!] : ofTls;
    }
}

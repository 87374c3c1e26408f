using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Orleans.Kpl.Http.Serving;

/// <summary>What one client, or many, may hold of the server before a request is there.</summary>
internal static class ServerLimits
{
    private const int HeaderBytes = 16 << 10;

    /// <summary>Slower bodies are cut off: a socket costs a client nothing, and this process a buffer.</summary>
    private const double LeastBytesPerSecond = 4 << 10;

    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static void Set(KestrelServerOptions kestrel, KplHttpOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(LeastBytesPerSecond, Grace);
    }
}

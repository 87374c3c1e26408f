using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Http.Guarding;

/// <summary>The headers by which a proxy says that a request came through it.</summary>
internal static class ProxyHeaders
{
    /// <summary>Returns the name of the first one of a request; null if it has none.</summary>
    public static string? Find(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || name.Equals("Via", StringComparison.OrdinalIgnoreCase)
                || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Envoy-", StringComparison.OrdinalIgnoreCase))
                return name;
        }

        return null;
    }
}

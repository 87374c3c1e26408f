using System.Reflection;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>The headers of a request that carries a signature.</summary>
internal static class SignedHeaders
{
    private static readonly string UserAgent = "Orleans.Kpl/" + VersionOf(typeof(SignedHeaders).Assembly);

    /// <summary>Adds AWS's own signed headers, the signature, and who calls. Host and content headers are the caller's to set.</summary>
    public static void AddTo(HttpRequestMessage request, ReadOnlySpan<SignedHeader> headers, string authorization)
    {
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        AddSignatureTo(request, headers, authorization);
    }

    /// <summary>Adds AWS's own signed headers and the signature to a request that says itself who calls.</summary>
    public static void AddSignatureTo(HttpRequestMessage request, ReadOnlySpan<SignedHeader> headers, string authorization)
    {
        foreach (var header in headers)
        {
            if (header.Name.StartsWith("x-amz-", StringComparison.Ordinal))
                request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        request.Headers.TryAddWithoutValidation("Authorization", authorization);
    }

    /// <summary>The version of the package, without the commit that builds add behind a plus.</summary>
    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? assembly.GetName().Version!.ToString(3);
}

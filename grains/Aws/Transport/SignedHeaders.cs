using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>The headers of a request that carries a signature.</summary>
internal static class SignedHeaders
{
    private static readonly string UserAgent = "Orleans.Kpl/" + KplDiagnostics.Version;

    /// <summary>
    /// Adds AWS's own signed headers, the signature, and who calls where the request does not say so itself. Host and content headers are the caller's to set.
    /// </summary>
    public static void AddTo(HttpRequestMessage request, ReadOnlySpan<SignedHeader> headers, string authorization)
    {
        if (!request.Headers.Contains("User-Agent"))
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        foreach (var header in headers)
        {
            if (header.Name.StartsWith("x-amz-", StringComparison.Ordinal))
                request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        request.Headers.TryAddWithoutValidation("Authorization", authorization);
    }
}
